# What bash and zsh have in common: the words of a command line into what may stand at the cursor. It starts no process and evaluates
# nothing that it reads. In zsh it runs under `emulate ksh`, so arrays count from 0 and unquoted words are split.
#
# Whoever calls _corral_complete has as locals: typed (the words before the cursor's, without quotes) and current (the word up to the cursor);
# and gets: found (what may stand there), notes (for each a word of what it is, or fewer), head (what of `current` stands before it),
# nospace, files (paths are due as well). _corral_read FILE puts the lines of a file into the array `lines`, without those of a damaged file.
#
# The tables: _corral_next[GROUP]  the words that may follow;  _corral_args[COMMAND]  a type for each position, the last with + for all that follow;
# _corral_opts[COMMAND]  NAME:TYPE or NAME:TYPE:NUMBER-OF-TEXT;  a family is NAME#LAST. Types: - free; b yes or no; wN words of _corral_words;
# pN sub-properties of _corral_props; @NAME what exists; f a path; o an option of the command. Behind them: + may be given again, `,` a list.

_corral_complete() {
  local command='' at=1 count=${#typed[@]} position=0 used=' ' pending='' ended='' context='' host='' vmid='' type='' name='' text=''
  local lines folders own=/var/lib/corral/completion
  found=() notes=() head='' nospace='' files=''
  _corral_find || return 0
  _corral_scan
  if [[ $pending == b && $current == -?* ]]; then pending=''; fi
  if [[ -n $pending ]]; then _corral_value "$pending" "$current"; return 0; fi
  if [[ -z $ended && $current == -* ]]; then
    if [[ $current == -*=* ]]; then
      name=${current%%=*}; name=${name#-}; _corral_option "${name#-}" || return 0
      head=${current%%=*}=; _corral_value "$type" "${current#*=}"
    else
      _corral_options
    fi
    return 0
  fi
  type=${_corral_args[$command]}
  _corral_position
  if [[ -n ${_corral_next[$command]+set} && $position == 0 ]]; then _corral_commands; fi
  if [[ -n $type ]]; then _corral_value "$type" "$current"
  elif [[ -z $current && -z $ended && -n ${_corral_opts[$command]+set} ]]; then _corral_options
  fi
}

# The command that the words begin with: `command`, and `at`, the first word behind it.
_corral_find() {
  local word
  command=${typed[0]##*/}
  [[ -n ${_corral_next[$command]+set}${_corral_opts[$command]+set} ]] || return 1
  while (( at < count )) && [[ ${typed[at]} == -?* ]]; do
    case ${typed[at]} in
      --context|-context) context=${typed[at+1]-}; (( at += 2 ));;
      --on|-on) host=${typed[at+1]-}; (( at += 2 ));;
      --output-format|-output-format) (( at += 2 ));;
      *) (( at++ )) || :;;
    esac
  done
  if [[ $command == corral ]] && (( at < count )); then
    word=${typed[at]}
    if [[ $word != corral && -n ${_corral_next[$word]+set}${_corral_opts[$word]+set} ]]; then command=$word; (( at++ )) || :; fi
  fi
  while (( at < count )); do
    word=${typed[at]}
    word="$command $word"
    [[ -n ${_corral_next[$word]+set}${_corral_opts[$word]+set} ]] || break
    command=$word; (( at++ )) || :
  done
  (( at >= count )) || [[ -n ${_corral_opts[$command]+set} ]]
}

# What was given already: `used`, the names of options; `position`; `pending`, the type of an option whose value is due.
_corral_scan() {
  local word value
  for (( ; at < count; at++ )); do
    word=${typed[at]}
    if [[ -n $pending && ! ( $pending == b && $word == -?* ) ]]; then
      pending=''; _corral_heed "$name" "$word"; continue
    fi
    pending=''
    if [[ -n $ended || $word != -?* ]]; then
      [[ -n $vmid ]] || vmid=$word
      (( position++ )) || :
    elif [[ $word == -- ]]; then
      ended=1
    else
      value=${word#*=}; name=${word%%=*}; name=${name#-}
      _corral_option "${name#-}" || continue
      case $type in *+) ;; *) used="$used$name ";; esac
      if [[ $word == *=* ]]; then _corral_heed "$name" "$value"; else pending=$type; fi
    fi
  done
}

_corral_heed() {
  case $1 in context) context=$2;; on) host=$2;; vmid) vmid=$2;; esac
}

# Finds the option that was written: its whole name in `name`, its type in `type`; cut short and in any case as long as one fits.
_corral_option() {
  local all=" ${_corral_opts[$command]} " base=${1%"${1##*[!0-9]}"} token hits=0
  local -l wanted=$1 lower
  type=''
  if [[ $all == *" $1:"* ]]; then
    name=$1; token=${all#*" $1:"}
  elif [[ $base != "$1" && $all == *" $base#"* ]]; then
    name=$1; token=${all#*" $base#"}; token=${token#*:}
  else
    for token in $all; do
      lower=${token%%[:#]*}
      if [[ $lower == "$wanted"* ]]; then name=${token%%[:#]*}; text=${token#*:}; (( hits++ )) || :; fi
    done
    (( hits == 1 )) || return 1
    token=$text
  fi
  token=${token%% *}; type=${token%%:*}
  case $type in =*) _corral_option "${type#=}";; esac
}

# The type of the value that is due at this position.
_corral_position() {
  local all=$type each index=0
  type=''
  for each in $all; do
    if (( index == position )) || [[ $each == *+ ]]; then type=$each; return 0; fi
    (( index++ )) || :
  done
}

_corral_add() {
  found+=("$1")
  notes+=("$2")
}

_corral_commands() {
  local word full
  for word in ${_corral_next[$command]}; do
    full="$command $word"
    if [[ $word == "$current"* ]]; then _corral_add "$word" "${_corral_about[$full]-}"; fi
  done
}

# The options that were not given yet, with as many dashes as were typed. Of a family the first numbers, or the one that was typed.
_corral_options() {
  local dashes=-- typedname=${current#-} token known number base note each
  typedname=${typedname#-}
  if [[ $current == -[!-]* ]]; then dashes=-; fi
  for token in ${_corral_opts[$command]}; do
    known=${token%%:*}; note=${token#*:}
    case $note in =*) continue;; esac
    if [[ $note == *:* ]]; then note=${_corral_texts[${note#*:}]}; else note=''; fi
    if [[ $known != *#* ]]; then
      if [[ $known == "$typedname"* && $used != *" $known "* ]]; then _corral_add "$dashes$known" "$note"; fi
      continue
    fi
    base=${known%%#*}
    if [[ $base == "$typedname"* ]]; then
      number=0; each=0
      while (( each < 3 && number <= ${known#*#} )); do
        if [[ $used != *" $base$number "* ]]; then _corral_add "$dashes$base$number" "$note"; (( each++ )) || :; fi
        (( number++ )) || :
      done
    elif [[ $typedname == "$base"* ]]; then
      number=${typedname#"$base"}
      case $number in *[!0-9]*|0?*|????*) continue;; esac
      if (( number <= ${known#*#} )) && [[ $used != *" $typedname "* ]]; then _corral_add "$dashes$typedname" "$note"; fi
    fi
  done
}

# Offers what a value of this type may be, given what stands there.
_corral_value() {
  local kind=${1%+} word taken=' '
  text=$2
  case $kind in
    *,)
      kind=${kind%,}; nospace=1
      if [[ $text == *[,\;]* ]]; then
        word=${text##*[,\;]}; head=$head${text%"$word"}; taken=${text%"$word"}; taken=" ${taken//[,;]/ } "; text=$word
      fi;;
  esac
  case $kind in
    b) set -- 0 1;;
    w*) set -- ${_corral_words[$kind]};;
    p*) _corral_properties "$kind"; return 0;;
    @*) _corral_names "${kind#@}"; return 0;;
    f) files=1; return 0;;
    o) _corral_keys; return 0;;
    *) return 0;;
  esac
  for word in "$@"; do
    if [[ $word == "$text"* && $taken != *" $word "* ]]; then _corral_add "$word" ''; fi
  done
}

# Names of the command's own options, for lists of configuration keys.
_corral_keys() {
  local token known number
  for token in ${_corral_opts[$command]}; do
    known=${token%%:*}
    if [[ $known != *#* ]]; then
      if [[ $known == "$text"* && $taken != *" $known "* ]]; then _corral_add "$known" ''; fi
      continue
    fi
    for (( number = 0; number < 4 && number <= ${known#*#}; number++ )); do
      if [[ ${known%%#*}$number == "$text"* && $taken != *" ${known%%#*}$number "* ]]; then _corral_add "${known%%#*}$number" ''; fi
    done
  done
}

# A comma-separated list of sub-properties: the value of one, or the names of those that are not there yet.
_corral_properties() {
  local all=${_corral_props[$1]} rest=$text last=${text##*,} there=' ' token key
  nospace=1
  rest=${text%"$last"}; head=$head$rest
  while [[ $rest == *,* ]]; do
    token=${rest%%,*}; rest=${rest#*,}
    if [[ $token != *=* ]]; then there="$there! "; continue; fi
    key=${token%%=*}; there="$there$key "
    case " $all " in
      *" !$key:"*) there="$there! ";;
      *" $key:="*) token=" $all "; token=${token#*" $key:="}; token=${token%% *}; there="$there${token//+/ } ! ";;
    esac
  done
  if [[ $last == *=* ]]; then
    key=${last%%=*}; token=" $all "
    case $token in
      *" !$key:"*) token=${token#*" !$key:"};;
      *" $key:="*) key=${token#*" $key:="}; key=${key%%[+ ]*}; token=${token#*" $key:"};;
      *" $key:"*) token=${token#*" $key:"};;
      *) return 0;;
    esac
    token=${token%% *}; head=$head${last%%=*}=
    # A value that is a list of its own would end at the next comma.
    _corral_value "${token%,}" "${last#*=}"
    return 0
  fi
  if [[ $there != *' ! '* && " $all" == *' !'* ]]; then
    token=${all#*!}; token=${token#*:}; token=${token%% *}
    _corral_value "${token%,}" "$last"; nospace=1
    # What has to be there comes first; before anything was typed that is enough.
    if [[ -z $last && ( ${#found[@]} != 0 || -n $files ) ]]; then return 0; fi
  fi
  for token in $all; do
    key=${token%%:*}
    case $token in !*|*:=*) continue;; esac
    if [[ $key == "$last"* && $there != *" $key "* ]]; then _corral_add "$key=" ''; fi
  done
}

# The folders in which the names lie that a command with these options would meet; `local` stands for this installation's.
_corral_folders() {
  local line rest cache=${XDG_CACHE_HOME-} wanted=$context
  case $cache in /*) ;; *) cache=${HOME-}/.cache;; esac
  cache=$cache/corral/completion
  if [[ -n ${CORRAL_ROOT-} ]]; then own=$CORRAL_ROOT/lib/completion; fi
  [[ -n $wanted ]] || wanted=${CORRAL_CONTEXT-}
  folders=()
  if [[ $wanted != local ]]; then
    _corral_read "$cache/contexts"
    for line in "${lines[@]}"; do
      rest=${line#*$'\t'}
      if [[ -n $wanted ]]; then [[ ${line%%$'\t'*} == "$wanted" ]] || continue; else [[ $line == *$'\t'current ]] || continue; fi
      [[ -z $host || ${rest%%$'\t'*} == "$host" ]] || continue
      rest=${rest#*$'\t'}; rest=${rest%%$'\t'*}
      if [[ $rest == - ]]; then folders+=("$own"); else folders+=("$cache/$rest"); fi
    done
  fi
  if [[ ${#folders[@]} == 0 && ( -z $wanted || $wanted == local ) ]]; then folders=("$own"); fi
}

# Names of what exists.
_corral_names() {
  local folder
  case $1 in
    context|host) _corral_context_names "$1"; return 0;;
  esac
  _corral_folders
  if [[ $1 == volume && $text != *:* ]]; then
    nospace=1
    if [[ $text == /* ]]; then files=1; return 0; fi
  fi
  # In a list of several folders the names of all of them.
  for folder in "${folders[@]}"; do
    case $1 in
      vmid) _corral_guests;;
      newvmid) _corral_new_vmid; return 0;;
      storage) _corral_first_fields storages '';;
      volume) if [[ $text == *:* ]]; then _corral_volumes; else _corral_first_fields storages :; fi;;
      snapshot) _corral_snapshots;;
      node) _corral_first_fields nodes '';;
      bridge) _corral_bridges;;
      upid) _corral_first_fields tasks '';;
    esac
  done
  if [[ $1 == node ]]; then _corral_context_names host; fi
}

# Lines that begin with the text, out of sorted `lines`, by halving: from `low` to before `high`.
_corral_range() {
  local start=0 end=${#lines[@]} middle
  while (( start < end )); do
    middle=$(( (start + end) / 2 ))
    if [[ ${lines[middle]} < $1 ]]; then start=$(( middle + 1 )); else end=$middle; fi
  done
  low=$start end=${#lines[@]}
  while (( start < end )); do
    middle=$(( (start + end) / 2 ))
    if [[ ${lines[middle]} == "$1"* ]]; then start=$(( middle + 1 )); else end=$middle; fi
  done
  high=$start
}

# By number; a word that begins with a letter may be a guest's name.
_corral_guests() {
  local low high line rest
  _corral_read "$folder/guests"
  if [[ -z $text || $text == [0-9]* ]]; then
    _corral_range "$text"
    (( low < high )) || return 0
    if (( high - low < ${#lines[@]} )); then lines=("${lines[@]:$low:$((high - low))}"); fi
    # Descriptions cost more than everything else, and nobody reads hundreds.
    if (( high - low <= 300 )); then
      for line in "${lines[@]}"; do rest=${line#*$'\t'}; _corral_add "${line%%$'\t'*}" "${rest%%$'\t'*}"; done
    else
      found+=("${lines[@]%%$'\t'*}")
    fi
    return 0
  fi
  for line in "${lines[@]}"; do
    rest=${line#*$'\t'}; rest=${rest%%$'\t'*}
    if [[ $rest == "$text"* && $rest == [a-zA-Z]* && $rest != *[!a-zA-Z0-9.-]* ]]; then _corral_add "$rest" "${line%%$'\t'*}"; fi
  done
}

# The least number that no guest has.
_corral_new_vmid() {
  local line number=100 all=' '
  _corral_read "$folder/guests"
  for line in "${lines[@]}"; do
    [[ $line == ???$'\t'* || $line == ????$'\t'* ]] && all="$all${line%%$'\t'*} "
  done
  while [[ $all == *" $number "* ]]; do (( number++ )); done
  if [[ $number == "$text"* ]]; then _corral_add "$number" 'the next free number'; fi
}

# The first field of each line, with what follows it as a note.
_corral_first_fields() {
  local line word
  _corral_read "$folder/$1"
  for line in "${lines[@]}"; do
    word=${line%%$'\t'*}
    if [[ $word$2 == "$text"* && $taken != *" $word "* ]]; then
      if [[ $line == *$'\t'* ]]; then line=${line#*$'\t'}; else line=''; fi
      _corral_add "$word$2" "${line//$'\t'/ }"
    fi
  done
}

# Volumes that guests name, and what lies in the folders of a storage where they can be looked at.
_corral_volumes() {
  local low high line last='' storage=${text%%:*} rest=${text#*:} path=''
  _corral_read "$folder/volumes"
  _corral_range "$text"
  for line in "${lines[@]:$low:$((high - low))}"; do
    if [[ ${line%%$'\t'*} != "$last" ]]; then last=${line%%$'\t'*}; _corral_add "$last" "guest ${line#*$'\t'}"; fi
  done
  [[ $folder == "$own" ]] || return 0
  _corral_read "$folder/storages"
  for line in "${lines[@]}"; do
    if [[ ${line%%$'\t'*} == "$storage" ]]; then path=${line##*$'\t'}; fi
  done
  [[ $path == /* ]] || return 0
  nospace=''
  case $rest in
    iso/*|vztmpl/*|snippets/*|import/*)
      line=${rest%%/*}
      case $line in iso|vztmpl) path=$path/template;; esac
      [[ $line == vztmpl ]] && _corral_folder_files "$path/cache" "$storage:$line" || _corral_folder_files "$path/$line" "$storage:$line";;
    backup/*) _corral_folder_files "$path/dump" "$storage:backup";;
    [1-9]*/*) _corral_folder_files "$path/images/${rest%%/*}" "$storage:${rest%%/*}";;
    *)
      for line in iso:template/iso vztmpl:template/cache backup:dump snippets:snippets import:import; do
        if [[ $storage:${line%%:*}/ == "$text"* && -d $path/${line#*:} ]]; then _corral_add "$storage:${line%%:*}/" ''; nospace=1; fi
      done;;
  esac
}

# Files whose names need no quotes anywhere; others are typed by hand.
_corral_folder_files() {
  local file
  _corral_glob "$1"
  for file in "${lines[@]}"; do
    file=${file##*/}
    [[ $file != *[!a-zA-Z0-9._+@%-]* && -n $file && $2/$file == "$text"* ]] || continue
    case " ${found[*]} " in *" $2/$file "*) ;; *) _corral_add "$2/$file" '';; esac
  done
}

_corral_snapshots() {
  local low high line number=$vmid
  if [[ $number == *[!0-9]* ]]; then
    _corral_read "$folder/guests"
    for line in "${lines[@]}"; do
      if [[ $line == *$'\t'"$number"$'\t'* ]]; then number=${line%%$'\t'*}; break; fi
    done
  fi
  [[ -n $number ]] || return 0
  _corral_read "$folder/snapshots"
  _corral_range "$number"$'\t'"$text"
  for line in "${lines[@]:$low:$((high - low))}"; do _corral_add "${line#*$'\t'}" ''; done
}

# Of this machine the kernel tells them.
_corral_bridges() {
  local file
  if [[ $folder != "$own" ]]; then _corral_first_fields bridges ''; return 0; fi
  _corral_glob /sys/class/net /bridge
  for file in "${lines[@]}"; do
    file=${file%/bridge}; file=${file##*/}
    if [[ $file == "$text"* && $file != *[!a-zA-Z0-9._-]* ]]; then _corral_add "$file" ''; fi
  done
}

_corral_context_names() {
  local line cache=${XDG_CACHE_HOME-} word all=' '
  case $cache in /*) ;; *) cache=${HOME-}/.cache;; esac
  _corral_read "$cache/corral/completion/contexts"
  if [[ $1 == context ]]; then lines+=(local); fi
  for line in "${lines[@]}"; do
    word=${line%%$'\t'*}
    if [[ $1 == host ]]; then
      [[ -z $context || $word == "$context" ]] || continue
      word=${line#*$'\t'}; word=${word%%$'\t'*}
    fi
    if [[ $word == "$text"* && $word == [a-zA-Z0-9]* && $word != *[!a-zA-Z0-9.-]* && $all != *" $word "* ]]; then all="$all$word "; _corral_add "$word" ''; fi
  done
}
