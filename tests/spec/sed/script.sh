#! sed -f t in.txt
#### file in.txt
one fish
two fish

red (fish) 3.5
blue fish a|b
#### substitute the first and all
s/i/I/
s/s/S/g

#### substitute the nth, and from the nth
s/[aeiou]/<&>/2
s/[a-z]/-/4g

#### substitute and print
/two/s/fish/cat/p

#### groups and back-references
s/\([a-z]*\) \([a-z]*\)/\2 \1/
s/\(.\)\1/[\1]/

#### ampersand, escaped ampersand, newline, tab
s/fish/<&>\&\
/
s/ /\t/

#### other delimiters
s,one,1,
s|a\|b|X|
\,two,d

#### any character of the pattern, and none
s/x*/-/g

#### greedy and longest
s/f.*h/F/
s/o\|on\|one/<&>/

#### case conversion
s/\(.\)\([a-z]*\) \(.*\)/\u\1\U\2\E \l\3/
s/fish/\U&-\Eend/

#### insensitive
s/ONE/1/I
/RED/Id

#### multiple lines mode
1{N;s/^/>/Mg;s/$/</Mg}

#### word boundaries
s/\bf/F/g
s/\>/|/g
s/\<./[&]/

#### classes
s/[[:space:]]/_/g
s/[^[:alnum:]_]/?/g
s/[]()|]/B/g

#### basic operators are literal
s/(fish)/X/
s/a|b/Y/
s/3.5+*/Z/

#### intervals
s/[a-z]\{3\}/3/g
s/[0-9.]\{1,\}/N/

#### line numbers and last line
1d
$s/$/ LAST/
3s/^/three/

#### ranges
2,3d
/red/,$s/^/> /

#### range whose end is before its start
3,1s/^/X/
/two/,/two/s/^/Y/

#### zero address
0,/one/s/^/first: /
0,/fish/d

#### steps
1~2s/^/odd /
0~2s/^/even /

#### relative end and multiple end
2,+1s/^/A/
2,~4s/^/B/

#### negation
2!s/^/not 2: /
/fish/!d

#### nested blocks
/fish/{/one/{s/one/1/;s/^/</}
s/$/>/}

#### append, insert, change
1a\
after one
2i\
before two
3c\
changed

#### append in one line
1a after one
2i   before two
$a end \
of it

#### change of a range
2,4c\
once

#### change with negation
/fish/!c\
empty

#### delete first line of the space
$!N
P
D

#### hold space
1h
2,3H
$G

#### reverse lines
1!G
h
$!d

#### exchange
x
$G

#### next
n
s/^/second /

#### N at the end prints
N
N
s/\n/+/g

#### quit with status
3q5

#### quit silently
3Q

#### line numbers
=

#### list
1s/$/\t\\ \x01é/
1l
2l 5
4l 1
d

#### translate
y/abcdefo/ABCDEF\n/

#### branch
:a
s/\([a-z]\)\([a-z]\)/\1-\2/
ta
/-/b
s/^/none/

#### conditional branch
s/one/1/
t end
s/^/unchanged: /
:end
s/$/./

#### branch if not substituted
s/fish/F/
T
s/^/had fish: /

#### join all lines
:a
N
$!ba
s/\n/,/g

#### read a file
2r in.txt
$r nosuch

#### write to a file and to standard output
/one/w out
s/two/2/w /dev/stdout

#### print without a newline twice
p
1p

#### comments and blanks
# a comment
   2 p   # behind a command
 { s/one/1/ ; s/fish/f/ }

#### empty regular expression is the last one
/fish/s//F/

#### special replacement characters
s/fish/a\/b/
s/red/\n/
s/o/\x41\o102\d067/

#### special characters in the pattern
s/\x28fish\x29/P/
s/3\.5/N/
s/a|b$/E/

#### anchors that are literal
s/a^b/x/
s/^one$/y/
s/\(^one\)/<\1>/

#### F and z
1F
2z

#### evaluate is not plain sed
1e echo hi

#### alternation of words
s/one\|two\|blue/W/

#### plus and question mark
s/e\+/E/g
s/fi\?/F/

#### swap of two words everywhere
s/\(\w\+\) \(\w\+\)/\2 \1/g
