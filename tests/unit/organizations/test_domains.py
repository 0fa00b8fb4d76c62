import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.organizations.model import domains

OWNERS = {"widget.example": 1, "eu.widget.example": 2, "gadget.example": 3}


@pytest.mark.parametrize(
    ("address", "organization"),
    [
        ("grace@widget.example", 1),
        ("Grace@EU.Widget.Example", 2),
        ("grace@nl.eu.widget.example", 2),
        ("grace@us.widget.example", 1),
        ("grace@midget.example", None),
        ("grace@twidget.example", None),
        ("grace@example", None),
        ('"a@gadget.example"@widget.example', 1),
    ],
)
def test_the_longest_domain_of_whole_labels_fits_best(address, organization):
    assert domains.best(address, OWNERS) == organization


@given(st.emails())
def test_an_address_fits_its_own_domain_best_whatever_its_case(address):
    domain = address.rpartition("@")[2]
    assert domains.fitting(address)[0] == domains.domain_key(domain)
    assert domains.fitting(address.upper()) == domains.fitting(address.lower())


@given(st.lists(st.from_regex(r"[a-zA-Z]{1,5}\.example", fullmatch=True)))
def test_each_domain_is_kept_once_and_keys_are_their_own_keys(given):
    keys = domains.domain_keys(given)
    assert len(keys) == len(set(keys))
    assert domains.domain_keys(keys) == keys
    assert set(keys) == {each.lower() for each in given}


def test_other_letters_are_compared_as_dns_writes_them():
    assert domains.domain_key("Bücher.example") == domains.domain_key("xn--bcher-kva.example")
