#! bash t
#### integers
printf '%d|%5d|%-5d|%05d|%+d|% d|%i\n' 42 42 42 42 42 42 0x1f; printf '%d %d %d\n' 010 "'A" '"B'; printf '%u %d\n' -1 -1

#### hexadecimal and octal
printf '%x %X %#x %o %#o %08x\n' 255 255 255 8 8 48879

#### floating point
printf '%f %.2f %e %E %g %G %.3g %8.3f|%-8.1f|\n' 3.14159 2.5 12345.678 0.00012 0.00001 1e10 1234.5 3.14159 2.25; printf '%a\n' 1

#### strings
printf '%s|%5s|%-5s|%.2s|%5.1s|\n' abc ab ab abcdef xyz; printf '%c%c\n' hello world; printf '%s\n'; printf '[%s] [%d]\n'

#### format is used again
printf '%s-%s\n' 1 2 3; printf 'x\n' a b; printf '%d ' 1 2 3; echo

#### escapes in the format
printf 'a\tb\n\x41\101\u00e9\\ \"%%\n'; printf 'cut\c'; printf 'bell%b\n' '\a' | od -An -c | tr -d ' '

#### percent b and q
printf '%b|%s\n' 'a\tb\0101' 'a\tb'; printf '%b' 'x\cy'; printf '\n%q %q %q %q\n' 'a b' '$x' "it's" ''; printf '%Q\n' 'a b'

#### star width
printf '%*d|%-*s|%.*f\n' 5 42 6 ab 2 3.14159; printf '%*d|\n' -5 42

#### bad numbers
printf '%d\n' abc; echo $?; printf '%d\n' 12x; echo $?; printf '%f\n' 1.5z; echo $?

#### bad format
printf '%z\n' x; echo $?; printf '%'; echo $?; printf; echo $?

#### time
TZ=UTC printf '%(%Y-%m-%d %H:%M:%S)T\n' 0; TZ=UTC printf '%(%F)T|%(%j)T\n' 86400 86400

#### numbers out of range
printf '%d\n' 99999999999999999999; echo $?

#### options and dashes
printf -- '-%s\n' a; printf '%s %s\n' -- -a; printf -x; echo $?

#### repeated and unused arguments with numbers
printf '%s=%d\n' a 1 b 2 c; printf '%5s%%|\n' 50
