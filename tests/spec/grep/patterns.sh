#! dash t
#### file in.txt
Hello World
hello there
foo.bar 10.0.0.1
foobar foo_bar

a+b (c) {d} [e] $f ^g *h|i
aaa abab abcabc
#### basic
grep hello in.txt; grep 'o.b' in.txt; grep 'o\.b' in.txt; grep '^h' in.txt; grep 'e$' in.txt; grep -n '^$' in.txt

#### basic operators are literal
grep 'a+b' in.txt; grep '(c)' in.txt; grep '{d}' in.txt; grep '|' in.txt; grep '?' in.txt; echo $?

#### basic operators with a backslash
grep 'l\+o' in.txt; grep 'colou\?r\|fo\{2\}' in.txt; grep -o '\(ab\)\1' in.txt

#### star at the start
grep '*h' in.txt; grep '^*' in.txt | head -n 1; grep -o '\(*h\)' in.txt

#### anchors inside
grep 'f ^g' in.txt; grep '\$f ^' in.txt; grep -c 'a^' in.txt

#### extended
grep -E '(foo|hello) ' in.txt; grep -E 'l{2}o|10' in.txt; grep -Eo '[0-9]+(\.[0-9]+){3}' in.txt; egrep 'o{2}' in.txt

#### extended operators escaped
grep -E 'a\+b|\(c\)' in.txt; grep -Eo '\$f|\^g|\*h\|i' in.txt; grep -Eo '\{d\}|\[e\]' in.txt

#### braces that are no interval
grep -E '{d}' in.txt; grep -E 'a{,2}b' in.txt; echo 'a{x}' | grep -E 'a{x}'; echo 'a{1' | grep -E 'a{1'

#### invalid interval
grep -E 'a{2,1}' in.txt; echo $?; grep 'a\{1' in.txt; echo $?; grep 'a\{x\}' in.txt; echo $?; grep -E 'a{40000}' in.txt; echo $?

#### longest match
echo 'foobar abcd' | grep -oE 'foo|foobar|ab|abc|abcd'; echo 'xyxyz' | grep -oE '(xy)*|xyxyz'

#### back-references
grep -E '(abc)\1' in.txt; grep -Eo '(.)\1' in.txt; echo 'abba' | grep -E '^(.)(.)\2\1$'

#### reference to a group that is not there
grep '\1' in.txt; echo $?; grep -E '(a)\2' in.txt; echo $?

#### bracket expressions
echo 'a]b-c^d\e' | grep -o '[]]'; echo 'a]b-c^d\e' | grep -o '[^]a-z]'; echo 'a]b-c^d\e' | grep -o '[\]'; echo 'a]b-c^d\e' | grep -o '[a-c]' ; echo 'a]b-c^d\e' | grep -o '[c^]'

#### classes
echo 'aB3 _-	x' | grep -o '[[:upper:]]'; echo 'aB3 _-' | grep -o '[[:punct:]]'; echo 'aB3 _-	x' | grep -c '[[:blank:]]'; echo 'aB3' | grep -o '[^[:alpha:]]'; echo aF0g | grep -o '[[:xdigit:]]*'

#### wrong classes
grep '[:alpha:]' in.txt; echo $?; grep '[[:foo:]]' in.txt; echo $?; grep '[a' in.txt; echo $?; grep '[z-a]' in.txt; echo $?

#### unmatched parentheses
grep -E '(a' in.txt; echo $?; grep -E 'a)' in.txt; echo $?; grep '\(a' in.txt; echo $?; grep 'a\)' in.txt; echo $?

#### trailing backslash
grep 'a\' in.txt; echo $?

#### words
grep -o '\bfoo' in.txt; grep -o 'bar\b' in.txt; grep -o '\<[fh]\w*\>' in.txt; grep -c '\Boo' in.txt; grep -o 'o\W' in.txt | head -n 2

#### repetition of nothing
echo '*a' | grep -E '*a'; echo $?; echo '+b' | grep -E 'a|+b'; echo 'b' | grep -E '{1}b'

#### empty alternatives and groups
grep -cE 'x|' in.txt; grep -cE '()' in.txt; grep -cE '(|foo)bar' in.txt; grep -c '' in.txt

#### several patterns by newline
grep 'World
there' in.txt; grep -e foo_ -e 10 in.txt

#### expressions that take exponential time elsewhere
echo 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' | grep -E '^(a+)+$'; echo $?; echo 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' | grep -cE '(a|aa)*!'

#### nested repetition
echo 'aaaa' | grep -oE '(a{2}){2}'; echo 'abcabc' | grep -oE '((a|b)+c?)+'; echo 'aab' | grep -oE 'a*?b'

#### case
grep -i HELLO in.txt; grep -io 'WORLD' in.txt; echo 'ABab' | grep -io '\(ab\)\1'; echo 'É é' | grep -io é
