# The words of a command line into what may stand at the cursor, as core.sh does for bash and zsh: the same tables, the same names. Functions
# with -S see the variables of their caller. Builtins only: no process is started, and nothing that is read is evaluated.

function __corral_complete
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    # Behind sudo, env and the like.
    while set -q typed[2]; and not __corral_is_tool $typed[1]
        set -e typed[1]
    end
    # A word with an open quote is taken as it stands.
    set -l plain (string unescape -- $current 2>/dev/null); and set current $plain
    set -l at 2
    set -l position 0
    set -l used
    set -l pending ''
    set -l ended ''
    set -l context ''
    set -l host ''
    set -l vmid ''
    set -l name ''
    set -l type ''
    set -l head ''
    set -l text ''
    set -l taken
    set -l lines
    set -l folders
    set -l own /var/lib/corral/completion
    set -l command (string replace -r '^.*/' '' -- $typed[1])
    set -l next
    set -l args
    set -l options
    __corral_find; or return 0
    __corral_scan
    if test "$pending" = b; and string match -qr -- '^-.' "$current"
        set pending ''
    end
    if test -n "$pending"
        __corral_value $pending "$current"
        return 0
    end
    if test -z "$ended"; and string match -q -- '-*' "$current"
        set -l parts (string match -r -- '^(-{1,2}([^=]+)=)(.*)$' "$current")
        if test (count $parts) -gt 0
            __corral_option $parts[3]; or return 0
            set head $parts[2]
            __corral_value $type "$parts[4]"
        else
            __corral_options
        end
        return 0
    end
    set type ''
    if test $position -lt (count $args)
        set type $args[(math $position + 1)]
    else if string match -q -- '*+' "$args[-1]"
        set type $args[-1]
    end
    if test $position = 0
        for word in $next
            set -l parts (string split -m 1 : -- $word)
            __corral_print $parts[1] $__corral_texts[$parts[2]]
        end
    end
    if test -n "$type"
        __corral_value $type "$current"
    else if test -z "$current"; and test -z "$ended"
        __corral_options
    end
end

function __corral_is_tool
    set -l key (string replace -r '^.*/' '' -- $argv[1] | string replace -ra '[^a-zA-Z0-9]' _)
    set -q __corral_next_$key; or set -q __corral_opts_$key
end

# One candidate: what stands before it, itself, and what it is.
function __corral_print -S
    if test -n "$argv[2]"
        printf '%s%s\t%s\n' "$head" $argv[1] (string replace -ra '[[:cntrl:]]' '?' -- $argv[2])
    else
        printf '%s%s\n' "$head" $argv[1]
    end
end

# The command that the words begin with, and its tables.
function __corral_find -S
    __corral_tables $command; or return 1
    while test $at -le (count $typed); and string match -qr -- '^-.' $typed[$at]
        set -l value $typed[(math $at + 1)]
        switch $typed[$at]
            case --context -context
                set context "$value"
                set at (math $at + 2)
            case --on -on
                set host "$value"
                set at (math $at + 2)
            case --output-format -output-format
                set at (math $at + 2)
            case '*'
                set at (math $at + 1)
        end
    end
    if test "$command" = corral; and test $at -le (count $typed); and test "$typed[$at]" != corral; and __corral_tables $typed[$at]
        set command $typed[$at]
        set at (math $at + 1)
    end
    while test $at -le (count $typed)
        __corral_tables "$command $typed[$at]"; or break
        set command "$command $typed[$at]"
        set at (math $at + 1)
    end
    __corral_tables $command
    test $at -gt (count $typed); or test (count $options) -gt 0
end

# Takes the tables of a command or a group of them; says whether there are any.
function __corral_tables -S
    set -l key (string replace -ra '[^a-zA-Z0-9]' _ -- $argv[1])
    set -q __corral_next_$key; or set -q __corral_opts_$key; or return 1
    set next
    set args
    set options
    set -l from __corral_next_$key
    set -q $from; and set next $$from
    set from __corral_args_$key
    set -q $from; and set args $$from
    set from __corral_opts_$key
    set -q $from; and set options $$from
    return 0
end

# What was given already.
function __corral_scan -S
    while test $at -le (count $typed)
        set -l word $typed[$at]
        set at (math $at + 1)
        if test -n "$pending"
            if test "$pending" != b; or not string match -qr -- '^-.' "$word"
                set pending ''
                __corral_heed $name "$word"
                continue
            end
        end
        set pending ''
        if test -n "$ended"; or not string match -qr -- '^-.' "$word"
            test -n "$vmid"; or set vmid "$word"
            set position (math $position + 1)
        else if test "$word" = --
            set ended 1
        else
            set -l parts (string split -m 1 = -- (string replace -r '^--?' '' -- $word))
            __corral_option "$parts[1]"; or continue
            string match -q -- '*+' $type; or set -a used $name
            if set -q parts[2]
                __corral_heed $name "$parts[2]"
            else
                set pending $type
            end
        end
    end
end

function __corral_heed -S
    switch $argv[1]
        case context
            set context "$argv[2]"
        case on
            set host "$argv[2]"
        case vmid
            set vmid "$argv[2]"
    end
end

# Finds the option that was written: its whole name, its type; cut short and in any case as long as one fits.
function __corral_option -S
    set -l wanted (string escape --style=regex -- $argv[1])
    set -l hits (string match -r -- "^$wanted:.*" $options)
    if test (count $hits) = 0
        set -l base (string match -r -- '^(.*[^0-9])[0-9]+$' $argv[1])[2]
        test -n "$base"; and set hits (string match -r -- "^$(string escape --style=regex -- $base)#.*" $options)
        if test (count $hits) = 0
            set hits (string match -ri -- "^$wanted.*" $options)
            test (count $hits) = 1; or return 1
            set name (string match -r -- '^[^:#]+' $hits[1])
        else
            set name $argv[1]
        end
    else
        set name $argv[1]
    end
    set type (string split : -- $hits[1])[2]
    if string match -q -- '=*' $type
        __corral_option (string sub -s 2 -- $type)
    end
end

# The options that were not given yet, with as many dashes as were typed. Of a family the first numbers, or the one that was typed.
function __corral_options -S
    set -l dashes --
    string match -qr -- '^-[^-]' "$current"; and set dashes -
    set -l start (string replace -r '^--?' '' -- "$current")
    for token in $options
        set -l parts (string split : -- $token)
        string match -q -- '=*' $parts[2]; and continue
        set -l family (string split '#' -- $parts[1])
        set -l note $__corral_texts[$parts[3]]
        if not set -q family[2]
            contains -- $parts[1] $used; or __corral_print $dashes$parts[1] $note
            continue
        end
        set -l number (string match -r -- "^$family[1]([0-9]+)\$" "$start")[2]
        if test -n "$number"
            test $number -le $family[2]; and not contains -- $start $used; and __corral_print $dashes$start $note
            continue
        end
        set -l shown 0
        set number 0
        while test $shown -lt 3; and test $number -le $family[2]
            if not contains -- $family[1]$number $used
                __corral_print $dashes$family[1]$number $note
                set shown (math $shown + 1)
            end
            set number (math $number + 1)
        end
    end
end

# Offers what a value of this type may be, given what stands there.
function __corral_value -S
    set -l kind (string replace -r '\+$' '' -- $argv[1])
    set text "$argv[2]"
    set taken
    if string match -q -- '*,' $kind
        set kind (string sub -e -1 -- $kind)
        set -l parts (string match -r -- '^(.*[,;])([^,;]*)$' "$text")
        if set -q parts[3]
            set head "$head$parts[2]"
            set taken (string split , -- (string replace -a ';' , -- $parts[2]))
            set text "$parts[3]"
        end
    end
    switch $kind
        case b
            __corral_print 0
            __corral_print 1
        case 'w*'
            set -l words __corral_words_$kind
            for word in $$words
                contains -- $word $taken; or __corral_print $word
            end
        case 'p*'
            __corral_properties $kind
        case '@*'
            __corral_names (string sub -s 2 -- $kind)
        case f
            __corral_paths
        case o
            for token in $options
                set -l known (string split : -- $token)[1]
                set -l family (string split '#' -- $known)
                if set -q family[2]
                    for number in 0 1 2 3
                        test $number -le $family[2]; and not contains -- $family[1]$number $taken; and __corral_print $family[1]$number
                    end
                else
                    contains -- $known $taken; or __corral_print $known
                end
            end
    end
end

function __corral_paths -S
    for path in (__fish_complete_path "$text")
        printf '%s%s\n' "$head" $path
    end
end

# A comma-separated list of sub-properties: the value of one, or the names of those that are not there yet.
function __corral_properties -S
    set -l table __corral_props_$argv[1]
    set -l all $$table
    set -l segments (string split , -- "$text")
    set -l last "$segments[-1]"
    set -l there
    set -l before ''
    if test (count $segments) -gt 1
        for segment in $segments[1..-2]
            set before "$before$segment,"
            if not string match -q -- '*=*' "$segment"
                set -a there !
                continue
            end
            set -l key (string split -m 1 = -- $segment)[1]
            set -a there $key
            for token in $all
                set -l parts (string split -m 1 : -- $token)
                test "$parts[1]" = "!$key"; and set -a there !
                if test "$parts[1]" = "$key"; and string match -q -- '=*' $parts[2]
                    set -a there (string split + -- (string sub -s 2 -- $parts[2])) !
                end
            end
        end
    end
    set head "$head$before"
    if string match -q -- '*=*' "$last"
        set -l pair (string split -m 1 = -- $last)
        set -l key $pair[1]
        set -l kind ''
        for token in $all
            set -l parts (string split -m 1 : -- (string replace -r '^!' '' -- $token))
            test "$parts[1]" = "$key"; and set kind $parts[2]
        end
        if string match -q -- '=*' "$kind"
            set -l target (string split + -- (string sub -s 2 -- $kind))[1]
            set kind (string match -r -- "^!?$target:(.*)" $all)[2]
        end
        test -n "$kind"; or return 0
        set head "$head$key="
        __corral_value (string replace -r ',$' '' -- $kind) "$pair[2]"
        return 0
    end
    if not contains -- ! $there
        set -l kind (string match -r -- '^![^:]+:(.*)' $all)[2]
        if test -n "$kind"
            __corral_value (string replace -r ',$' '' -- $kind) "$last"
            # What has to be there comes first; before anything was typed that is enough.
            test -z "$last"; and test "$kind" != -; and return 0
        end
    end
    for token in $all
        set -l parts (string split -m 1 : -- $token)
        string match -q -- '!*' $parts[1]; and continue
        string match -q -- '=*' $parts[2]; and continue
        contains -- $parts[1] $there; or __corral_print "$parts[1]="
    end
end

# The lines of a file, without those of a damaged one.
function __corral_read -S
    set lines
    test -f $argv[1] -a -r $argv[1]; or return 0
    set lines (string match -r -- '.+' <$argv[1])
    if string match -q -- '#corral-names 1 *' "$lines[1]"
        set -e lines[1]
    else
        set lines
    end
end

# The folders in which the names lie that a command with these options would meet.
function __corral_folders -S
    set -l cache (__corral_cache)
    set -q CORRAL_ROOT; and test -n "$CORRAL_ROOT"; and set own $CORRAL_ROOT/lib/completion
    set -l wanted "$context"
    test -n "$wanted"; or set wanted "$CORRAL_CONTEXT"
    set folders
    if test "$wanted" != local
        __corral_read $cache/contexts
        for line in $lines
            set -l fields (string split \t -- $line)
            if test -n "$wanted"
                test "$fields[1]" = "$wanted"; or continue
            else
                test "$fields[4]" = current; or continue
            end
            test -z "$host"; or test "$fields[2]" = "$host"; or continue
            if test "$fields[3]" = -
                set -a folders $own
            else
                set -a folders $cache/$fields[3]
            end
        end
    end
    if test (count $folders) = 0; and test -z "$wanted" -o "$wanted" = local
        set folders $own
    end
end

function __corral_cache
    if string match -q -- '/*' "$XDG_CACHE_HOME"
        echo $XDG_CACHE_HOME/corral/completion
    else
        echo $HOME/.cache/corral/completion
    end
end

# Names of what exists.
function __corral_names -S
    switch $argv[1]
        case context host
            __corral_context_names $argv[1]
            return 0
    end
    __corral_folders
    set -l start (string escape --style=regex -- "$text")
    if test $argv[1] = volume; and string match -q -- '/*' "$text"
        __corral_paths
        return 0
    end
    for folder in $folders
        switch $argv[1]
            case vmid
                __corral_guests
            case newvmid
                __corral_read $folder/guests
                set -l taken_numbers (string match -r -- '^\d{3,4}(?=\t)' $lines)
                set -l number 100
                while contains -- $number $taken_numbers
                    set number (math $number + 1)
                end
                __corral_print $number 'the next free number'
                return 0
            case storage
                __corral_first_fields storages ''
            case volume
                if string match -q -- '*:*' "$text"
                    __corral_volumes
                else
                    __corral_first_fields storages :
                end
            case snapshot
                set -l number "$vmid"
                __corral_read $folder/guests
                if not string match -qr -- '^[0-9]+$' "$number"
                    set number (string match -r -- "^(\d+)\t"(string escape --style=regex -- "$number")"\t" $lines)[2]
                end
                test -n "$number"; or continue
                __corral_read $folder/snapshots
                for line in (string match -r -- "^$number\t.*" $lines)
                    __corral_print (string split \t -- $line)[2]
                end
            case node
                __corral_first_fields nodes ''
            case bridge
                if test $folder = $own
                    for path in /sys/class/net/*/bridge
                        set -l device (string split / -- $path)[5]
                        string match -qr -- '^[a-zA-Z0-9._-]+$' $device; and __corral_print $device
                    end
                else
                    __corral_first_fields bridges ''
                end
            case upid
                __corral_first_fields tasks ''
        end
    end
    test $argv[1] = node; and __corral_context_names host
    return 0
end

# By number; a word that begins with a letter may be a guest's name.
function __corral_guests -S
    __corral_read $folder/guests
    if string match -qr -- '^[a-zA-Z]' "$text"
        string replace -rf -- "^(\d+)\t("$start"[a-zA-Z0-9.-]*)\t.*" '$2'\t'$1' $lines
    else
        string replace -rf -- "^("$start"\d*)\t([^\t]*)\t.*" '$1'\t'$2' $lines
    end
end

# The first field of each line, with what follows it as a note.
function __corral_first_fields -S
    __corral_read $folder/$argv[1]
    for line in $lines
        set -l fields (string split \t -- $line)
        contains -- $fields[1] $taken; or __corral_print $fields[1]$argv[2] "$fields[2..-1]"
    end
end

# Volumes that guests name, and what lies in the folders of a storage where they can be looked at.
function __corral_volumes -S
    __corral_read $folder/volumes
    set -l seen
    for line in (string match -r -- "^$start.*" $lines)
        set -l fields (string split \t -- $line)
        contains -- $fields[1] $seen; and continue
        set -a seen $fields[1]
        __corral_print $fields[1] "guest $fields[2]"
    end
    test $folder = $own; or return 0
    set -l storage (string split -m 1 : -- $text)[1]
    set -l rest (string split -m 1 : -- $text)[2]
    __corral_read $folder/storages
    set -l path
    for line in $lines
        set -l fields (string split \t -- $line)
        test $fields[1] = $storage; and set path $fields[3]
    end
    string match -q -- '/*' "$path"; or return 0
    set -l kinds iso:template/iso vztmpl:template/cache backup:dump snippets:snippets import:import
    set -l kind (string split -m 1 / -- "$rest")
    if not set -q kind[2]
        for each in $kinds
            set -l pair (string split : -- $each)
            test -d $path/$pair[2]; and __corral_print $storage:$pair[1]/
        end
        return 0
    end
    set -l below images/$kind[1]
    for each in $kinds
        set -l pair (string split : -- $each)
        test $pair[1] = $kind[1]; and set below $pair[2]
    end
    for file in $path/$below/*
        set -l file_name (string split / -- $file)[-1]
        string match -qr -- '^[a-zA-Z0-9._+@%-]+$' $file_name; or continue
        contains -- $storage:$kind[1]/$file_name $seen; or __corral_print $storage:$kind[1]/$file_name
    end
end

function __corral_context_names -S
    __corral_read (__corral_cache)/contexts
    set -l shown
    test $argv[1] = context; and set -a lines local
    for line in $lines
        set -l fields (string split \t -- $line)
        set -l word $fields[1]
        if test $argv[1] = host
            test -z "$context"; or test "$fields[1]" = "$context"; or continue
            set word "$fields[2]"
        end
        contains -- "$word" $shown; and continue
        set -a shown "$word"
        string match -qr -- '^[a-zA-Z0-9][a-zA-Z0-9.-]*$' "$word"; and __corral_print $word
    end
end
