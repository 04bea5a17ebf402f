# shellcheck shell=bash
# Completion of bayres and bayres-analyze for bash: commands, options, keys, values that are words, and files. It asks the program, and so knows what
# that knows. cmake --install puts it where bash-completion looks; from the tree: source jobs/completion/bayres.bash

declare -gA _bayres_answers

# _bayres_ask PROGRAM WORD...: REPLY is what the program prints, which is asked once in a shell.
_bayres_ask() {
  local question="$*"
  if [ -z "${_bayres_answers[$question]+there}" ]; then _bayres_answers[$question]=$("$@" 2>/dev/null); fi
  REPLY=${_bayres_answers[$question]}
}

# Options that a help names, with the names of their values.
_bayres_options() { sed -nE 's/^  (-[a-z] \[ )?(--[a-z-]+)( \])?( arg| \(?=|)( [A-Z=]+)?.*/\2\5/p' <<< "$1"; }

# _bayres_keys PROGRAM FILE: every key, that of a learner with each name in the file.
_bayres_keys() {
  local names
  _bayres_ask "$1" list keys --format=json
  names=$(sed -nE 's/^ *\[learner\.([^]]+)\].*/\1/p' "$2" 2>/dev/null)
  sed -nE 's/.*"name": "([^"]+)".*/\1/p' <<< "$REPLY" | sort -u | while IFS= read -r key; do
    case $key in
      learner.NAME.*) for name in $names; do echo "learner.$name.${key#learner.NAME.}"; done ;;
      *) echo "$key" ;;
    esac
  done
}

# _bayres_choices PROGRAM KEY: the words that a key takes.
_bayres_choices() {
  local key=$2 found
  case $key in learner.*) key="learner.NAME.${key#learner.*.}" ;; esac
  _bayres_ask "$1" list keys --format=json
  found=$(grep -F "\"name\": \"$key\"" <<< "$REPLY")
  sed -nE 's/.*"choices": \[([^]]+)\].*/\1/p' <<< "$found" | tr -d '",' | tr ' ' '\n' | sort -u
  if grep -q '"type": "true or false"' <<< "$found"; then printf 'true\nfalse\n'; fi
}

# What may stand where the cursor is, one in a line: _bayres_candidates CURRENT WORD..., the words before it, the program first. Files are
# said as @PATTERN.
_bayres_candidates() {
  local current=$1 program=$2 command=${3:-} before=${*: -1} config='' help option word
  shift 2
  if [[ ${program##*/} == bayres-analyze* ]]; then
    command=''
    _bayres_ask "$program" --help
  elif [ -z "$command" ]; then
    _bayres_ask "$program" --help
    sed -nE 's/^  bayres ([a-z][a-z-]*) .*/\1/p' <<< "$REPLY" | sort -u
    printf '%s\n' --help --version
    return
  else
    _bayres_ask "$program" "$command" --help
  fi
  help=$REPLY
  for word in "${@:2}"; do case $word in -*) ;; *) config=$word; break ;; esac; done
  option=$(_bayres_options "$help" | awk -v option="${before/#-o/--output}" '$1 == option { print $2 }')
  case $option in
    FILE | CSV) echo '@*'; return ;;
    FOLDER) echo '@/'; return ;;
    FORMAT) printf 'text\ncsv\n'; return ;;
    KEY=VALUES) _bayres_keys "$program" "$config" | sed 's/$/=/'; return ;;
    ?*) return ;;
  esac
  case $current in
    --*.*=*) _bayres_choices "$program" "$(sed -E 's/^--([^=]+)=.*/\1/' <<< "$current")" | sed "s/^/${current%%=*}=/" ;;
    --*.*) _bayres_keys "$program" "$config" | sed 's/^/--/; s/$/=/' ;;
    -*)
      _bayres_options "$help" | sed 's/ .*//'
      if grep -q -e '--section.key' -e '--evaluate.key' <<< "$help"; then _bayres_keys "$program" "$config" | sed 's/\..*/./; s/^/--/' | sort -u; fi
      ;;
    *)
      case $command in
        list) head -n 1 <<< "$help" | sed -E 's/.*list ([^ ]+).*/\1/' | tr '|' '\n' ;;
        run | sweep | spectrum | memory-capacity) echo '@*.ini' ;;
        resume) echo '@*.checkpoint' ;;
        evaluate) printf '@*.h5\n@*.checkpoint\n' ;;
        calibrate) ;;
        *) echo '@*.h5' ;;
      esac
      ;;
  esac
}

_bayres() {
  local words=() word current candidate
  # Bash takes --key=value apart at the sign.
  for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    if [[ ${#words[@]} -gt 0 && ( $word == = || ${words[-1]} == --*= ) ]]; then words[-1]+=$word; else words+=("$word"); fi
  done
  current=${words[-1]}
  COMPREPLY=()
  # What is asked in a subshell is not remembered.
  if [[ ${words[0]##*/} == bayres-analyze* || ${#words[@]} -lt 3 ]]; then
    _bayres_ask "${words[0]}" --help
  else
    _bayres_ask "${words[0]}" "${words[1]}" --help
    if [[ $current == --* || ${words[-2]} == --over ]]; then _bayres_ask "${words[0]}" list keys --format=json; fi
  fi
  while IFS= read -r candidate; do
    case $candidate in
      @/) mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "$current") ;;
      '@*') mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames 2>/dev/null ;;
      @*) mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -X "!${candidate#@}" -- "$current"; compgen -d -S / -- "$current") ;;
      "$current"*) COMPREPLY+=("$candidate") ;;
    esac
  done < <(_bayres_candidates "$current" "${words[@]:0:${#words[@]}-1}")
  # Of --key=value only what follows the sign stands for the last word.
  case $current in *=*) COMPREPLY=("${COMPREPLY[@]#"${current%%=*}="}") ;; esac
  case ${COMPREPLY[*]: -1} in *[=./]) compopt -o nospace 2>/dev/null ;; esac
}
complete -F _bayres bayres bayres-analyze
