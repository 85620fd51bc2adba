# Of bash: reading files and folders, and readline's ways.

# Builtins only: `$(<file)` would fork.
_corral_read() {
  local first=''
  lines=()
  [[ -r $1 && -f $1 ]] || return 0
  {
    IFS= read -r first
    if [[ $first == '#corral-names 1 '* ]]; then mapfile -t -n 200000 lines; fi
  } <"$1" 2>/dev/null
}

_corral_glob() {
  local -
  set +f
  lines=("$1"/*${2-})
  if [[ ! -e ${lines[0]} ]]; then lines=(); fi
}

_corral() {
  local - IFS=$' \t\n' LC_ALL=C
  set -f +o nounset
  # The words that are found are the answer: to copy thousands would take longer than to find them.
  local -n found=COMPREPLY
  local typed=() current='' notes head nospace files index piece line=${COMP_LINE:0:COMP_POINT} rest skip='' breaks=''
  # Readline breaks words at = and : too; what no blank stands between belongs together.
  for (( index = 0; index <= COMP_CWORD; index++ )); do
    piece=${COMP_WORDS[index]}; rest=${line#"${line%%[![:space:]]*}"}
    if (( index == COMP_CWORD )); then piece=$rest; fi
    if (( index > 0 )) && [[ $rest == "$line" ]]; then typed[${#typed[@]}-1]+=$piece; else typed+=("$piece"); fi
    line=${rest#"$piece"}
  done
  for index in "${!typed[@]}"; do
    if [[ ${typed[index]} == *[\"\'\\]* ]]; then typed[index]=${typed[index]//[\"\'\\]/}; fi
  done
  current=${typed[${#typed[@]}-1]}
  unset 'typed[${#typed[@]}-1]'
  if [[ -n ${BASH_ALIASES[${typed[0]}]-} ]]; then typed=(${BASH_ALIASES[${typed[0]}]} "${typed[@]:1}"); fi
  _corral_complete
  if [[ -n $files ]]; then compopt -o default -o bashdefault -o nosort 2>/dev/null; COMPREPLY=(); return 0; fi
  compopt -o nosort 2>/dev/null
  if [[ -n $nospace ]]; then compopt -o nospace 2>/dev/null; fi
  # What readline takes for the word begins behind the last of these.
  if [[ $COMP_WORDBREAKS == *=* ]]; then breaks+='='; fi
  if [[ $COMP_WORDBREAKS == *:* ]]; then breaks+=':'; fi
  if [[ -n $breaks && $current == *["$breaks"]* ]]; then skip=${current%"${current##*["$breaks"]}"}; fi
  if [[ -n $head ]]; then COMPREPLY=("${COMPREPLY[@]/#/"$head"}"); fi
  if [[ -n $skip ]]; then COMPREPLY=("${COMPREPLY[@]#"$skip"}"); fi
  # In a list that is only shown there is room for what the words are.
  if [[ ${COMP_TYPE-} == @(63|33|64) ]] && (( ${#COMPREPLY[@]} > 1 && ${#notes[@]} == ${#COMPREPLY[@]} )); then
    for index in "${!COMPREPLY[@]}"; do
      piece=${notes[index]//[[:cntrl:]]/?}
      if [[ -n $piece && $piece != ' ' ]]; then COMPREPLY[index]+="  ($piece)"; fi
    done
  fi
}
