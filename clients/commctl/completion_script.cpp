#include "clients/commctl/complete.h"

namespace commd::commctl {
namespace {

// bash breaks words at : and = too; the whole word is cut out of the line, and what
// bash has already set aside is taken off the candidates again.
constexpr const char* bash_script =
    R"(# bash completion for commctl; "commctl completion bash" prints it.
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
)";

constexpr const char* zsh_script = R"(#compdef commctl
# zsh completion for commctl; "commctl completion zsh" prints it.
_commctl() {
  local line word what
  local -a open open_texts closed closed_texts
  while IFS= read -r line; do
    if [[ "$line" == ':files' ]]; then
      _files
      return
    fi
    word="${line%%$'\t'*}"
    what="${line#*$'\t'}"
    [[ "$what" == "$line" ]] && what=''
    if [[ "$word" == *[=:] ]]; then
      open+=("$word")
      open_texts+=("$word${what:+  $what}")
    else
      closed+=("$word")
      closed_texts+=("$word${what:+  $what}")
    fi
  done < <("${words[1]}" __complete "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)
  (( $#open )) && compadd -l -S '' -d open_texts -a open
  (( $#closed )) && compadd -l -d closed_texts -a closed
}
if [[ "$funcstack[1]" == '_commctl' ]]; then
  _commctl "$@"
else
  compdef _commctl commctl
fi
)";

constexpr const char* fish_script =
    R"(# fish completion for commctl; "commctl completion fish" prints it.
function __commctl_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    for line in ($before[1] __complete $before[2..-1] "$current" 2>/dev/null)
        if test "$line" = ':files'
            __fish_complete_path "$current"
        else
            printf '%s\n' $line
        end
    end
end
complete -c commctl -f -a '(__commctl_complete)'
)";

}  // namespace

std::string completion_script(const std::string& shell) {
  if (shell == "bash") return bash_script;
  if (shell == "zsh") return zsh_script;
  return shell == "fish" ? fish_script : "";
}

}  // namespace commd::commctl
