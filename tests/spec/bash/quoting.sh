#! bash t
#### single quotes keep everything
echo 'a $x `y` \z "q"'

#### double quotes expand
x=1; echo "a $x \$x \\ \" `echo b`"

#### dollar single quotes
printf '%s|' $'a\tb' $'\x41\102' $'it\'s' $'\\n'; echo

#### dollar single quotes with unicode and control characters
x=$'\u00e9\cA\e'; echo ${#x}; printf '%q\n' "$x"

#### backslash newline continues the line
echo one\
two "three\
four" 'five\
six'

#### nested quotes in command substitution
echo "$(echo "a  b" 'c  "d"')"

#### backquotes need backslashes inside
echo `echo \`echo deep\``

#### empty words
set -- "" '' $nothing "$nothing"; echo $#

#### dollar double quotes are a translated string
echo $"hello $HOME"

#### dollar at end and alone
echo a$ "$" $. 2>&1

#### comment only at the start of a word
echo a#b #c
echo "#d"

#### at in quotes keeps words, star joins with IFS
set -- "a b" c; printf '<%s>' "$@"; echo; IFS=-; printf '<%s>' "$*"; echo; printf '<%s>' $*; echo

#### at glued to text
set -- 1 2 3; printf '<%s>' "a$@b"; echo; set --; printf '<%s>' "a$@b" "$@"; echo
