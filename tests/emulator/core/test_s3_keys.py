"""How keys become paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_monitor.emulator.s3.keys import S3Error, check_bucket, key_to_path, path_to_key, split_uri

ODD = st.lists(
    st.sampled_from(["", ".", "..", "a", "%", "%f", "%-", "\x00", "\n", "é" * 150, "~", "a" * 260])
)


@pytest.mark.parametrize("key", ["a", "a/b.csv", "churn=1/x y/ü.txt", "a b", "a+b", "~x", ".hidden", "..."])
def test_ordinary_keys_are_their_own_path(key: str) -> None:
    """A person who looks into the directory finds objects under their names."""
    assert key_to_path(key) == key


@given(st.one_of(ODD.map("/".join), st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300)))
def test_every_key_has_a_path_of_its_own_inside_the_root(key: str) -> None:
    """No key leads upwards or to a name that file systems refuse, and the path tells the key."""
    if not 1 <= len(key.encode()) <= 1024:
        return
    names = key_to_path(key).split("/")

    assert not {"", ".", ".."} & set(names)
    assert all(len(name.encode()) <= 255 and "\x00" not in name for name in names)
    assert path_to_key(key_to_path(key)) == key


@pytest.mark.parametrize(
    ("key", "code"), [("", "InvalidURI"), ("k" * 1025, "KeyTooLongError"), ("\ud800", "InvalidURI")]
)
def test_what_is_no_key_is_refused(key: str, code: str) -> None:
    """Empty, too long and not UTF-8."""
    with pytest.raises(S3Error) as caught:
        key_to_path(key)

    assert caught.value.code == code


@pytest.mark.parametrize(
    "name", ["", "ab", "..", "a/b", ".incoming", "A" * 10, "a..b", "-ab", "a" * 64, "abc\n"]
)
def test_what_is_no_bucket_is_refused(name: str) -> None:
    """Names that AWS does not allow, directories of our own among them."""
    with pytest.raises(S3Error, match="bucket is not valid"):
        check_bucket(name)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://data.s3-eu-west-1.amazonaws.com/m/model.tar.gz", ("data", "m/model.tar.gz")),
        ("https://data.s3.eu-west-1.amazonaws.com/m/model.tar.gz", ("data", "m/model.tar.gz")),
        ("https://data.of.s3.amazonaws.com/", ("data.of", "")),
        ("https://s3.eu-west-1.amazonaws.com/data/m/model.tar.gz", ("data", "m/model.tar.gz")),
        ("https://s3.cn-north-1.amazonaws.com.cn/data", ("data", "")),
    ],
)
def test_urls_of_objects_are_split(url: str, expected: tuple[str, str]) -> None:
    """SageMaker takes an object's URL wherever it takes a URI; the model monitor's notebook gives one."""
    assert split_uri(url) == expected


@pytest.mark.parametrize(
    "url",
    ["https://example.com/b/k", "https://s3.amazonaws.com.example.com/b/k", "http://s3.amazonaws.com/b"],
)
def test_urls_of_others_are_refused(url: str) -> None:
    """What is not on S3 is no object."""
    with pytest.raises(S3Error, match="not an S3 URI"):
        split_uri(url)


def test_uris_are_split() -> None:
    """The key is what follows the bucket, and may be empty."""
    assert [split_uri(uri) for uri in ("s3://b/k/x", "s3://b", "s3://b/")] == [
        ("b", "k/x"),
        ("b", ""),
        ("b", ""),
    ]
    with pytest.raises(S3Error, match="not an S3 URI"):
        split_uri("/etc/passwd")
