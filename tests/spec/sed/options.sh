#! dash t
#### file in.txt
alpha beta
gamma
delta
#### quiet
sed -n 2p in.txt; sed --quiet '$p' in.txt; sed -n '/a/,/g/p' in.txt

#### first line of the script is #n
printf '#n\n2p\n' > s; sed -f s in.txt

#### several expressions
sed -e 's/a/A/' -e 's/l/L/' in.txt; sed -n -e '1{' -e p -e '}' in.txt

#### extended
sed -E 's/(a|e)+/<&>/g; s/l{1}p?/L/' in.txt; sed -r 's/(.)(.)/\2\1/' in.txt

#### extended longest alternative
echo abcd | sed -E 's/(a|ab)(c|bcd)(d*)/[\1][\2][\3]/'; echo 'foobar' | sed -E 's/foo|foobar/X/'

#### extended back-reference
echo 'abab cdcd xyz' | sed -E 's/(..)\1/<\1>/g'

#### expression that takes exponential time elsewhere
echo 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' | sed -E 's/^(a+)+$/yes/; s/(a|aa)*b/no/'

#### in place
sed -i 's/alpha/ALPHA/' in.txt; cat in.txt; sed -i.bak 2d in.txt; cat in.txt in.txt.bak

#### in place of several files counts lines of each
cp in.txt b.txt; sed -i 1d in.txt b.txt; cat in.txt b.txt

#### separate
cp in.txt b.txt; sed -n '$=' in.txt b.txt; sed -s -n '$=' in.txt b.txt; sed -n 'F;1p' in.txt | head -n 2

#### null data
printf 'a\0b\0' | sed -z 's/^/x/' | tr '\0' '\n'

#### last line without a newline
printf 'a\nb' | sed 's/b/c/'; echo; printf 'a' | sed p; echo; printf 'a' | sed 'a b'

#### missing file
sed p nosuch; echo $?; sed -n 1p nosuch in.txt; echo $?

#### a directory
mkdir d; sed p d; echo $?

#### no script
sed 2>&1 | head -n 1; echo $?

#### unknown command
sed k in.txt; echo $?

#### unterminated s
sed 's/a/b' in.txt; sed s/a in.txt; echo $?

#### unknown option to s
sed 's/a/b/q' in.txt; echo $?

#### multiple flags
sed 's/a/b/pp' in.txt; sed 's/a/b/gg' in.txt; sed 's/a/b/2 3' in.txt; sed 's/a/b/0' in.txt

#### unmatched braces
sed '{p' in.txt; sed 'p}' in.txt; sed '{p;};}' in.txt; echo $?

#### unmatched parentheses and brackets
sed 's/\(a/b/' in.txt; sed -E 's/(a/b/' in.txt; sed 's/[a/b/' in.txt; sed -E 's/a)/b/' in.txt; echo $?

#### invalid reference
sed 's/a/\1/' in.txt; sed -E 's/(a)/\2/' in.txt; echo $?

#### invalid preceding expression
sed -E 's/*a/b/' in.txt; sed -E 's/a|*/b/' in.txt; sed 's/\{1\}/x/' in.txt; echo $?

#### y of unequal lengths
sed 'y/abc/de/' in.txt; sed 'y/a/b' in.txt; echo $?

#### unterminated address
sed '/a' in.txt; sed '/a/,/b' in.txt; echo $?

#### unexpected comma and missing command
sed '1,p' in.txt; sed '1,' in.txt; sed '1' in.txt; sed ',2p' in.txt; echo $?

#### commands that take no or one address
sed '1,2q' in.txt; sed '1:a' in.txt; sed '1}' in.txt; echo $?

#### label that is not there
sed 'b nowhere' in.txt; echo $?

#### extra characters after a command
sed 'pq' in.txt; sed 'd p' in.txt; sed 'x y' in.txt; echo $?

#### expected backslash
sed 'a' in.txt; sed '1i' in.txt; echo $?

#### zero address that is wrong
sed '0p' in.txt; sed '0,2p' in.txt; echo $?

#### class syntax
sed 's/[:alpha:]/x/' in.txt; sed 's/[[:foo:]]/x/' in.txt; echo $?

#### script file that is not there
sed -f nosuch in.txt; echo $?

#### unknown option of the command line
sed -k p in.txt 2>&1 | head -n 1; sed --nosuch 2>&1 | head -n 1

#### no previous regular expression
sed 's//x/' in.txt; echo $?

#### quits before it reads all
seq 1 100000 | sed 3q; seq 10 | sed -n '4,6p;6q'

#### expands a variable of the shell
x=beta; sed "s/$x/<&>/; s#/#|#" in.txt

#### strips comments and blank lines
printf '# c\n\na = 1 # x\n  \nb = 2\n' | sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d'

#### an address of a device in a configuration
printf 'auto eth0\niface eth0 inet static\n    address 10.0.0.1/24\n\nauto eth1\n' | sed -n '/^iface eth0/,/^$/s/^ *address \([0-9.]*\)\/\([0-9]*\)$/\1 \2/p'

#### unbuffered and line length
printf 'abcdefghij\n' | sed -u -n -l 5 l; printf 'abcdefghij\n' | sed -n l

#### posix warns of nothing here
echo aXb | sed --posix 's/X/-/'; echo ab | sed --expression='s/a/x/' --expression='s/b/y/'

#### debug and help
sed --version | head -n 1; sed --help | head -n 3
