# bash completion for commctl; "commctl completion bash" prints it.
_commctl() {
  local line="${COMP_LINE:0:COMP_POINT}" full='' piece="${COMP_WORDS[COMP_CWORD]}" candidate
  local -a words
  read -ra words <<<"$line"
  if [[ "$line" != *[[:space:]] ]]; then
    full="${words[-1]}"
    unset 'words[-1]'
  fi
  [[ "$piece" == [=:] ]] && piece=''
  [[ -z "$full" ]] && piece=''
  local aside="${full%"$piece"}"
  COMPREPLY=()
  while IFS= read -r candidate; do
    if [[ "$candidate" == ':files' ]]; then
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$piece")
      return
    fi
    candidate="${candidate%%$'\t'*}"
    COMPREPLY+=("${candidate#"$aside"}")
  done < <("${words[0]}" __complete "${words[@]:1}" "$full" 2>/dev/null)
  [[ ${#COMPREPLY[@]} -eq 1 && "${COMPREPLY[0]}" == *[=:] ]] && compopt -o nospace
}
complete -F _commctl commctl
