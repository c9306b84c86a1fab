"""The templates of --format."""

from __future__ import annotations

import pytest

from macvsim.docker.gotypes import GoMap, GoTime, Sparse
from macvsim.errors import NotSimulated
from macvsim.machine.tool import ToolError
from macvsim.tools.docker.template import Template

DATA = {"Name": "x", "List": ["a", "b"], "Map": {"k1": {"V": 1}, "k2": {"V": 2}}, "Yes": True, "Nothing": None, "No": 0}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain", "plain"),
        ("{{.Name}}-{{ .Name }}", "x-x"),
        ("{{range .Map}}{{.V}},{{end}}", "1,2,"),
        ("{{range $k, $v := .Map}}{{$k}}={{$v.V}} {{end}}", "k1=1 k2=2 "),
        ("{{range .List}}{{.}}{{else}}none{{end}}", "ab"),
        ("{{range .Nothing}}{{.}}{{else}}none{{end}}", "none"),
        ("{{if .Yes}}y{{else}}n{{end}}{{if .No}}y{{else}}n{{end}}", "yn"),
        ("{{with .Map.k1}}{{.V}}{{$.Name}}{{end}}", "1x"),
        ('{{(index .Map "k2").V}}', "2"),
        ("{{index .List 1}}", "b"),
        ("{{json .Map}}", '{"k1":{"V":1},"k2":{"V":2}}'),
        ("{{.List}} {{.Yes}} {{.Nothing}}", "[a b] true []"),
        ("{{.List | len}} {{len .Name}}", "2 1"),
        ('{{join .List ","}} {{upper .Name}} {{printf "%s/%d" .Name 3}}', "a,b X x/3"),
        ('{{if eq .Name "x"}}same{{end}}', "same"),
        ("a  {{- .Name -}}  b", "axb"),
        ('{{range .List}}{{if eq . "a"}}A{{else}}{{range $.List}}{{.}}{{end}}{{end}}{{end}}', "Aab"),
        ("{{$n := .Name}}{{$n}}{{println $n}}", "xx\n"),
    ],
)
def test_template(template: str, text: str) -> None:
    assert Template(template).execute(DATA) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{.Map.k3}}", 'template: :1:6: executing "" at <.Map.k3>: map has no entry for key "k3"'),
        ("{{nosuch .Name}}", 'function "nosuch" not defined'),
        ("{{.Name", "unclosed action"),
        ("{{range .List}}", "unexpected EOF"),
        ("{{end}}", "unexpected {{end}}"),
    ],
)
def test_template_error(template: str, text: str) -> None:
    with pytest.raises(ToolError) as caught:
        Template(template).execute(DATA)
    assert text in str(caught.value)


def test_structures_are_not_printed_as_go_does() -> None:
    with pytest.raises(NotSimulated):
        Template("{{.Networks}}").execute(NETWORK)


NETWORK = {
    "Name": "lab",
    "Id": "0f53",
    "Created": GoTime("2026-11-24T02:46:13.41Z"),
    "IPAM": {
        "Driver": "default",
        "Options": GoMap(a="b"),
        "Config": [Sparse({"Subnet": "10.0.0.0/8", "IPRange": "10.1.0.0/16", "Gateway": "", "Aux": GoMap()})],
    },
    "Labels": GoMap(x="y", z=""),
    "Internal": False,
    "Cmd": None,
    "IPAMConfig": None,
    "Networks": GoMap(mac1={"IPAddress": "10.0.0.2"}),
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{.IPAM.Config}} {{.Labels}}", "[{10.0.0.0/8 10.1.0.0/16  map[]}] map[x:y z:]"),
        ("{{.IPAM}}", "{default map[a:b] [{10.0.0.0/8 10.1.0.0/16  map[]}]}"),
        ("{{.Created}} {{json .Created}}", '2026-11-24 02:46:13.41 +0000 UTC "2026-11-24T02:46:13.41Z"'),
        ("{{.Id}} {{.Created}}", "0f53 2026-11-24T02:46:13.41Z"),
        ("{{.ID}}", "0f53"),
        ("{{.Cmd}} {{.IPAMConfig}} {{json .Cmd}}", "[] <nil> null"),
        ("{{.Id}} {{.Cmd}}", "0f53 <no value>"),
        ('{{index .Labels "x"}} {{len .Labels}} {{index .Labels "nosuch"}}|', "y 2 |"),
        ("{{.Networks.nosuch.IPAddress}}", "<no value>"),
        ('{{with index .Networks "mac1"}}{{.IPAddress}}{{end}}', "10.0.0.2"),
        ("{{if .Internal}}a{{else if .Name}}b{{else}}c{{end}}d", "bd"),
        ("{{if .Internal}}a{{else if .Cmd}}b{{else}}c{{end}}d", "cd"),
        ('{{title "abc"}} {{split .Name "a"}} {{pad "x" 1 2}}|{{slice .Name 1 2}} {{html "<"}} {{urlquery "a b"}}',
         "Abc [l b]  x  |a &lt; a+b"),
    ],
)  # fmt: skip
def test_go_structures(template: str, text: str) -> None:
    shown = Template(template).execute(NETWORK)
    assert shown == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{.Nosuch}}", 'template: :1:2: executing "" at <.Nosuch>: map has no entry for key "Nosuch"'),
        ("{{.IPAM.Nosuch}}", 'template: :1:7: executing "" at <.IPAM.Nosuch>: map has no entry for key "Nosuch"'),
        (
            "{{.Name.Foo}}",
            'template: :1:7: executing "" at <.Name.Foo>: can\'t evaluate field Foo in type interface {}',
        ),
    ],
)
def test_errors_are_those_of_the_second_try(template: str, text: str) -> None:
    with pytest.raises(ToolError) as caught:
        Template(template).execute(NETWORK)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{foo}}", 'template: :1: function "foo" not defined'),
        ("{{range}}", "template: :1: missing value for range"),
        ("{{end}}", "template: :1: unexpected {{end}}"),
        ("{{.Name", "template: :1: unclosed action"),
        ("{{$y}}", 'template: :1: undefined variable "$y"'),
    ],
)
def test_what_cannot_be_read(template: str, text: str) -> None:
    with pytest.raises(ToolError) as caught:
        Template(template)
    assert str(caught.value) == text
