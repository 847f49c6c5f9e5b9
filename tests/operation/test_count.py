"""The counting of tests, on what the runners really print."""

import pytest

from suites import count
from suites.count import Count, Miscount


def test_nextest():
    line = "     Summary [   5.912s] 41 tests run: 38 passed (1 slow), 2 failed, 1 timed out, 3 skipped\n"
    assert count.nextest(line) == Count(38, 3, 3)
    assert count.nextest("Summary [ 0.1s] 1 test run: 1 passed, 0 skipped") == Count(1, 0, 0)


def test_cargo():
    text = ("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n"
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n")
    assert count.cargo(text) == Count(4, 2, 1)


def test_tap():
    assert count.tap("ok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP not here\n1..3\n") == Count(1, 1, 1)


def test_junit(tmp_path):
    file = tmp_path / "report.xml"
    file.write_text('<testsuites><testsuite tests="7" failures="1" errors="2" skipped="1"/></testsuites>')
    assert count.junit(file) == Count(3, 3, 1)


@pytest.mark.parametrize("counter", [count.nextest, count.cargo, count.tap])
def test_silence_is_no_success(counter):
    with pytest.raises(Miscount):
        counter("error: could not compile\n")
