#! bash t
#### single quotes keep everything
echo 'a $x `y` \z "q"'

#### double quotes expand
x=1; echo "a $x \$x \\ \" `echo b`"
