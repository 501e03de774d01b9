/** What each shell reads once; all that it offers comes from `sluice __complete`, so that it never grows old. */
export const SCRIPTS = {
  // A colon ends a word for bash, so what stands before it is cut off the candidates again.
  bash: `# bash completion of sluice: source <(sluice completion bash)
_sluice() {
  local line=\${COMP_LINE:0:COMP_POINT} words word answer prefix
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  word=\${words[-1]}
  COMPREPLY=()
  answer=$(command sluice __complete "\${words[@]:1}" 2>/dev/null)
  if [[ $answer == :files ]]; then
    compopt -o default 2>/dev/null
    return
  fi
  prefix=
  [[ $word == *:* && $COMP_WORDBREAKS == *:* ]] && prefix=\${word%"\${word##*:}"}
  while IFS=$'\\t' read -r word _; do
    [[ -n $word ]] && COMPREPLY+=("\${word#"$prefix"}")
  done <<<"$answer"
}
complete -o nosort -F _sluice sluice 2>/dev/null || complete -F _sluice sluice
`,
  zsh: `#compdef sluice
# zsh completion of sluice: source <(sluice completion zsh), or a file _sluice in your $fpath
_sluice() {
  local -a found
  local answer line
  answer=$(command sluice __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if [[ $answer == :files ]]; then
    _files
    return
  fi
  for line in "\${(@f)answer}"; do
    [[ -n $line ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe -V sluice found
}
if [[ \${zsh_eval_context[-1]} == loadautofunc ]]; then
  _sluice "$@"
else
  compdef _sluice sluice
fi
`,
  fish: `# fish completion of sluice: sluice completion fish | source
function __sluice_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l answer (command sluice __complete $words[2..-1] 2>/dev/null)
  if test "$answer" = :files
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $answer
  end
end
complete -c sluice -f -a '(__sluice_complete)'
`,
} as const;
