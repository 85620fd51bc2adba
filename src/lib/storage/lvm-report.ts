// How lvm2 is asked for a report: as JSON on standard output (lvmreport(7)), with its complaints on standard error. Newer versions (2.03.31 of Debian 13)
// would put those into the JSON, as `report_command_log` of lvm.conf(5) says, and nobody would find out why a report has failed.
export const jsonReport = ['--config', 'log/report_command_log=0', '--reportformat', 'json'] as const
