#!/bin/sh
# Reads "+ PGID" and "- PGID" lines. At the end of its input, that is when the test program is
# gone for whatever reason, every process group still on the list is killed.
groups=""
while read -r sign group; do
  case $sign in
    +) groups="$groups $group" ;;
    -)
      kept=""
      for one in $groups; do
        [ "$one" = "$group" ] || kept="$kept $one"
      done
      groups=$kept
      ;;
  esac
done
for one in $groups; do
  kill -s KILL -- "-$one" 2>/dev/null
done
exit 0
