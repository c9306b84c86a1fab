"""mausezahn: frames of bytes that were typed."""

from __future__ import annotations

import pytest

from macvsim import Lab


@pytest.mark.parametrize(
    ("line", "frames"),
    [
        ('-q "ff:ff:ff:ff:ff:ff 02:00:00:00:00:01 88:b5 00:01:02:03"', ["ffffffffffff02000000000188b500010203"]),
        ('-q -c 2 -a 02:00:00:00:00:01 -b bc "88:b5 00:05"', ["ffffffffffff02000000000188b50005"] * 2),
        ('-q "ff:ff"', ["ffff" + "00" * 13]),
        ('-q "zz"', ["00" * 15]),
        ('-q -b own "88:b5 00:05"', ["08002700000188b50005" + "00" * 5]),
    ],
)
def test_bytes(line: str, frames: list[str]) -> None:
    lab = Lab()
    host = lab.host("host", switch=lab.switch("sw1"))
    with host.capture("enp0s8") as capture:
        assert not host.sh(f"mausezahn enp0s8 {line}").code
    assert [record.data.hex() for record in capture.records] == frames


def test_words_and_delays() -> None:
    lab = Lab()
    host = lab.host("host", switch=lab.switch("sw1"))
    assert str(host.sh('mausezahn enp0s8 "88:b5"')) == "0.00 seconds (13889 packets per second)\n"
    assert str(host.sh('mausezahn enp0s8 -c 2 -d 500m -b bc "88:b5"')) == "0.50 seconds (4 packets per second)\n"
    assert host.sh('mausezahn eth9 "88:b5"').code == 1
    assert host.sh('mausezahn enp0s8 -t arp "targetip=10.0.0.1"').code == 95
