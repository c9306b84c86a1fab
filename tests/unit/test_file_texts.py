"""Files that grow by small pieces (machine/filetexts.py) have the text that was written, at the cost of each piece."""

from __future__ import annotations

import time
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from macvsim import Lab
from macvsim.machine.filetexts import FileTexts

_PATHS = st.sampled_from(["/a", "/b"])
_STEPS = st.lists(
    st.tuples(st.sampled_from(["append", "set", "read", "del", "items", "length"]), _PATHS, st.text(max_size=3))
)


_HOST = Lab().host("host1")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_STEPS)
def test_appended_files_are_a_mapping_from_path_to_text(steps: list[tuple[str, str, str]]) -> None:
    files, model = FileTexts(_HOST), dict[str, str]()
    for step, path, text in steps:
        if step == "set" or path not in model:
            files[path] = model[path] = text
        elif step == "append":
            files.append(path, text)
            model[path] += text
        elif step == "del":
            assert files.pop(path) == model.pop(path)
        elif step == "items":
            assert dict(files) == dict(files.items()) == model
            assert list(files.values()) == list(model.values())
        elif step == "length":
            assert files.length(path) == len(model[path])
        assert files.get(path, "none") == model.get(path, "none")
    assert files == model


def _cost(action: Callable[[], object]) -> float:
    began = time.process_time()
    action()
    return time.process_time() - began


def test_a_download_into_a_file_costs_what_it_adds() -> None:
    lab = Lab(journal=False)
    switch = lab.switch("sw1")
    hosts = [lab.host(name, nic="eth0", switch=switch) for name in ("host1", "host2")]
    for number, host in enumerate(hosts, 1):
        host.addr_add("eth0", f"10.0.0.{number}/24")

    def send(size: int) -> None:
        hosts[0].sh("(sleep 1000 | busybox nc -l -p 80 > /tmp/out) &")
        hosts[1].sh(f"head -c {size} /dev/zero | busybox nc 10.0.0.1 80 & sleep 20")
        assert hosts[0].sh("wc -c < /tmp/out").stdout == f"{size}\n"

    send(100_000)
    small, large = _cost(lambda: send(400_000)), _cost(lambda: send(3_200_000))
    assert large < 16 * small  # eight times; with a copy of the file for each piece it was forty times
