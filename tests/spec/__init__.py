"""Small programs for shells and text tools, run by the real ones of Debian and by macvsim, and compared.

A specification file is ``SECTION/FILE.sh``.  Its first line names the command that runs a snippet, which is a file
``t`` in the working directory: ``#! bash t``, ``#! busybox sh t``, ``#! mawk -f t in.txt``.  Then come the snippets:

    #### a name, unique in the file
    echo "the text of the file t"

    #### file in.txt
    a line of an input file that every snippet of this specification file finds in its working directory

Empty lines at the end of a snippet do not count.  A snippet runs with empty standard input in a directory of its own,
and must not print paths of that directory, process ids, dates or random numbers.  ``FILE.json`` beside the
specification holds the answers of the real programs, which ``python -m tests.spec --record`` writes.

A snippet *agrees* when standard output, standard error and exit status are equal, is *left out* when macvsim answers
``not simulated: ...``, and *differs* otherwise.
"""
