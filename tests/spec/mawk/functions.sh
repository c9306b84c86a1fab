#! mawk -f t in.txt
#### file in.txt
foo.bar.baz 10
#### length
{ print length, length(), length($1), length("") }

#### substr at the edges
BEGIN { s = "hello"; print substr(s, 2), substr(s, 2, 3), substr(s, 0), substr(s, 0, 2), substr(s, -1, 3), substr(s, 4, 99), "[" substr(s, 9) "]", substr(s, 1.5, 1), "[" substr(s, 2, -1) "]" }

#### index
BEGIN { print index("hello", "l"), index("hello", "z"), index("hello", "") }

#### split by a string, an expression, nothing
BEGIN { n = split("a:b::c", p, ":"); print n, p[1], "[" p[3] "]"; n = split("a1b22c", q, /[0-9]+/); print n, q[3]; n = split("  x  y ", r); print n, r[1]; n = split("", z); print n; n = split("abc", c, ""); print n, c[2] }

#### split by one blank
BEGIN { n = split(" a b ", p, " "); print n, p[1]; n = split(" a b ", q, / /); print n, "[" q[1] "]" }

#### sub and gsub
{ n = sub(/o/, "0"); print n, $0; n = gsub(/[aeiou]/, "<&>"); print n, $0; print NF }

#### sub with a target
BEGIN { s = "aaa"; print gsub(/a/, "b", s), s; t = "x.y"; gsub(".", "-", t); print t; u = "x.y"; gsub(/\./, "-", u); print u }

#### ampersand in the replacement
BEGIN { s = "cat"; gsub(/a/, "[&]", s); print s; s = "cat"; gsub(/a/, "[\\&]", s); print s; s = "cat"; gsub(/a/, "[\\\\&]", s); print s }

#### gsub of empty matches
BEGIN { s = "abc"; print gsub(/x*/, "-", s), s; s = "baac"; print gsub(/a*/, "-", s), s; s = ""; print gsub(/^/, ">", s), s }

#### gsub with anchors
BEGIN { s = "aaa"; print gsub(/^a/, "b", s), s; s = "aaa"; print gsub(/a$/, "b", s), s }

#### gsub takes the longest match
BEGIN { s = "ab abc abcd"; gsub(/ab|abc/, "X", s); print s }

#### match
BEGIN { print match("foobar", "o+"), RSTART, RLENGTH; print match("foobar", /$/), RSTART, RLENGTH; print match("", /^/), RLENGTH }

#### sprintf and printf
BEGIN { printf "%d|%5d|%-5d|%05d|%+d|%x|%X|%o|%c|%c|%s|%10s|%-10s|%.2s|%%\n", 42.9, 42, 42, 42, 42, 255, 255, 8, 65, "hello", "str", "right", "left", "cut"; x = sprintf("%.3f %e %g %G", 3.14159, 31415.9, 0.0001, 1e10); print x }

#### printf with a star and too few arguments
BEGIN { printf "%*d|%-*s|\n", 6, 42, 5, "ab"; printf "%s %d\n", "only" }

#### printf with parentheses
BEGIN { printf("%s-%s\n", "a", "b"); print("c", "d"); print("e")("f") }

#### case
BEGIN { print toupper("abc-XYZ 1"), tolower("ABC-xyz 1") }

#### numeric functions
BEGIN { print int(3.9), int(-3.9), int("4x"), sqrt(16), exp(0), log(1), sin(0), cos(0), atan2(0, -1), exp(1) }

#### log of a negative number
BEGIN { print log(-1), sqrt(-1), log(0) }

#### srand returns the seed before
BEGIN { srand(1); print srand(7), srand(); x = rand(); print (x >= 0 && x < 1) }

#### close of what is not open
BEGIN { print close("nothing") }

#### string escapes
BEGIN { print "tab\there", "quote\"", "back\\slash", "nl\\n", "oct\101", "slash\/" ; printf "a\\b\n" }

#### unterminated string
BEGIN { print "abc
}

#### getline updates NR
BEGIN { while (getline > 0) n++; print n, NR }

#### length of an array
BEGIN { split("a b c", x); print length(x) }

#### printf of a number as a character and of big integers
BEGIN { printf "%c%c%c\n", 72, 105, 33; printf "%d %i\n", 2147483648, -2147483649; printf "%u\n", 3000000000; printf "%d\n", "0x11" }

#### regular expression that compiles not
BEGIN { print match("a", "(") }

#### fflush
BEGIN { printf "a"; fflush(); print "b"; print fflush("nothing") }
