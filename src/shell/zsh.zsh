# Of zsh: reading files and folders, and the completion system's ways.

# `$(<file)` is read by zsh itself, without a process.
_corral_read() {
  emulate -L zsh
  lines=()
  [[ -r $1 && -f $1 ]] || return 0
  lines=("${(@f)$(<$1)}")
  if [[ $lines[1] == '#corral-names 1 '* ]]; then shift lines; else lines=(); fi
}

_corral_glob() {
  emulate -L zsh
  lines=($1/*$2(N))
}

_corral_in_ksh() {
  emulate -L ksh
  setopt noglob
  local LC_ALL=C
  _corral_complete
}

_corral() {
  local -a typed found notes lines shown
  local current head nospace files index
  typed=("${(@Q)words[1,CURRENT-1]}")
  current=${(Q)PREFIX}
  _corral_in_ksh
  if [[ -n $head ]]; then compset -p ${#head}; fi
  if [[ -n $files ]]; then _files; return; fi
  (( $#found )) || return 1
  for (( index = 1; index <= $#found; index++ )); do
    shown+=("${found[index]//:/\\:}${notes[index]:+:${notes[index]//[[:cntrl:]]/?}}")
  done
  local -a ending
  if [[ -n $nospace ]]; then ending=(-S ''); fi
  _describe -V word shown "${ending[@]}"
}

_corral "$@"
