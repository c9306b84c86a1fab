#! bash t
#### star, question mark, classes
touch a1 a2 b1 .hidden ab; echo a* ?1 [ab]1 [!a]* [a-b]? *; echo x*; echo .h*

#### directories and slashes
mkdir -p d1/e d2; touch d1/x d2/x d1/e/y; echo */ */x d?/* d1/*/y d[12]; echo ./d1/x*

#### quoted patterns are literal
touch 'a*b' axb; echo a\*b "a*b" 'a'*'b'; x='a*'; echo $x "$x"

#### nullglob
shopt -s nullglob; touch a; echo [ nothing* ] x*; for f in nope*; do echo $f; done; a=(zz*); echo ${#a[@]}

#### failglob
shopt -s failglob; echo nothing*; echo "status $?"

#### dotglob
touch .a b; shopt -s dotglob; echo *; shopt -u dotglob; echo *; echo .[!.]*

#### globstar
mkdir -p a/b/c; touch a/x a/b/y a/b/c/z; echo **/z; shopt -s globstar; echo **; echo **/z; echo a/**/; echo **/[xyz]

#### nocaseglob
touch Abc abd; shopt -s nocaseglob; echo A*

#### extended patterns in case and parameters
shopt -s extglob
case foobar in @(foo|bar)) echo no;; +(foo|bar)) echo plus;; esac; case x in ?(a|x)) echo opt;; esac; case ab in !(abc|ac)) echo not;; esac
x=aaabbb; echo ${x##*(a)} ${x%%+(b)} ${x//@(a|b)/-} ${x/+(a)/A}

#### extended patterns of files
shopt -s extglob
touch a.txt b.md c.txt d; echo !(*.txt) @(a|b).* ?(d) *(x)*.md +([a-c]).txt

#### extended patterns in conditional are always on
[[ foo == @(foo|bar) ]] && echo yes; [[ 123 == +([0-9]) ]] && echo digits; [[ ab == !(x*) ]] && echo not

#### character classes
touch a1 B2 _3; echo [[:upper:]]* [[:alpha:]]* [![:alnum:]]* *[[:digit:]]; case 5 in [[:digit:]]) echo digit;; esac; case ' ' in [[:space:]]) echo space;; esac

#### backslash and brackets in patterns
case 'a]b' in a[]]b) echo 1;; esac; case 'a-b' in a[x-]b) echo 2;; esac; case '[' in '[') echo 3;; esac; case 'a\b' in 'a\b') echo 4;; esac; case '[x' in [x) echo 5;; esac

#### shopt
shopt -s nullglob; shopt nullglob; shopt -q nullglob; echo $?; shopt -u nullglob; shopt -p nullglob extglob; shopt nosuch; echo $?; shopt -q dotglob; echo $?

#### globs sort and dot entries
touch b a C 1; echo *; mkdir s; echo s/*; echo .*

#### GLOBIGNORE
touch a b c; GLOBIGNORE=b; echo *; unset GLOBIGNORE; echo *

#### no globbing in assignments and here-documents
touch f1 f2; x=f*; echo "$x"; cat <<E
f*
E
[ "$x" = 'f*' ] && echo literal; y=$(echo f*); echo "$y"
