"""What is published as linked data, exactly; and that no text from outside can become anything else."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyoxigraph
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from test_publish_world import (
    BASE,
    OBSERVATIONS,
    TABLES,
    make_contents,
    observation,
    small_world,
    write_world,
)

from publish.lines import text_bytes
from publish.statements import Spelling, StatementWriter
from publish.triples import Names, english, line, table_lines
from schemas import load_model

GOLDEN = Path(__file__).parent / "golden" / "small-world.nt"

MODEL = load_model()
NAMES = Names(BASE, MODEL)


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(small_world(), tmp_path_factory.mktemp("triples") / "edition")


def quads(edition: Path) -> list[str]:
    return gzip.decompress((edition / "downloads" / "site.nq.gz").read_bytes()).decode().splitlines()


def test_the_small_world_is_published_exactly_so(edition: Path, golden: Callable[[str, Path], None]):
    """Everything but the vocabulary and the built-in code lists, which have their own tests, the digest that
    covers them, and the bytes of compressed files, which other versions of the libraries write differently."""
    own = {"theme", "sex"}
    apart = [f"<{BASE}def/", f"<{BASE}id/edition/2026-01-02-000000000000#observations"]
    apart += [f"<{BASE}id/code/{name}/" for name in MODEL.code_lists]
    apart += [f"<{BASE}id/code-list/{name}>" for name in MODEL.code_lists if name not in own]
    triples = {str(pyoxigraph_triple(text)) for text in quads(edition) if not text.startswith(tuple(apart))}
    digest = json.loads((edition / "manifest.json").read_text(encoding="utf-8"))["digest"]
    kept = sorted(triple for triple in triples if digest not in triple)
    golden("".join(f"{triple} .\n" for triple in kept), GOLDEN)


def pyoxigraph_triple(text: str) -> pyoxigraph.Triple:
    (quad,) = pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.N_QUADS)
    return quad.triple


def test_the_manifest_counts_the_statements(edition: Path):
    manifest = json.loads((edition / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["statements"] == len(quads(edition))


def test_no_blank_nodes_are_published(edition: Path):
    assert not [text for text in quads(edition) if text.startswith("_:") or " _:" in text.split('"')[0]]


def test_the_store_and_the_download_say_the_same(edition: Path):
    store = pyoxigraph.Store.read_only(str(edition / "rdf" / "store"))
    stored = {str(quad.triple) for quad in store}
    # The store keeps every kind of whole number as xsd:integer.
    said = {str(pyoxigraph_triple(text)).replace("nonNegativeInteger", "integer") for text in quads(edition)}
    assert stored == said


def test_a_large_site_is_loaded_once_the_engine_is_let_go(
    edition: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The same statements, the same files, whether the store is loaded beside the rest or after it."""
    monkeypatch.setattr("publish.build.files_at_once", lambda _count: 0)
    contents = make_contents()
    large = write_world(contents, tmp_path / "large")
    with pytest.raises(duckdb.ConnectionException):
        contents.engine.count(contents.observations.rows)
    assert store_of(large) == store_of(edition)
    told, wanted = (json.loads((one / "manifest.json").read_text("utf-8")) for one in (large, edition))
    assert told["digest"] == wanted["digest"]
    assert told["statements"] == wanted["statements"]


def store_of(edition: Path) -> set[str]:
    """Give every statement of an edition's store as text."""
    store = pyoxigraph.Store.read_only(str(edition / "rdf" / "store"))
    return {str(quad) for quad in store}


def test_each_dataset_has_a_graph_of_its_own(edition: Path):
    graphs = {text.rsplit(" ", 2)[1] for text in quads(edition)}
    assert graphs == {f"<{BASE}catalog>", f"<{BASE}id/dataset/waste>", f"<{BASE}id/dataset/work>"}


# rdflib's parser of quads uses what rdflib itself calls deprecated.
@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
def test_rdflib_reads_the_download_as_pyoxigraph_does(edition: Path):
    graph = rdflib.Dataset()
    graph.parse(data="\n".join(quads(edition)), format="nquads")
    assert len(graph) == len(set(quads(edition)))


def test_a_suppressed_figure_is_missing_and_says_why(edition: Path):
    figure = f"<{BASE}id/observation/waste/recycled/E06000002/2023-04-01_P1Y>"
    said = [text for text in quads(edition) if text.startswith(figure)]
    assert any("MissingObservation" in text for text in said)
    assert not any("qb" in text or "obsValue" in text or "cube#" in text for text in said)
    assert any('"Hidden to protect people"@en' in text for text in said)
    assert any('"Fewer than 5\\\\10"@en' in text for text in said)


def test_zero_is_a_value(edition: Path):
    figure = f"<{BASE}id/observation/waste/recycled/E92000001/2023-04-01_P1Y>"
    (value,) = [text for text in quads(edition) if text.startswith(figure) and "obsValue" in text]
    assert '"0"^^<http://www.w3.org/2001/XMLSchema#decimal>' in value


def test_a_figure_that_is_not_broken_down_stands_at_the_total(edition: Path):
    figure = f"<{BASE}id/observation/work/in-work/E06000002/2023-01-01_P1Y>"
    assert f"{figure} <{BASE}id/dimension/sex> <{BASE}id/code/sex/all> <{BASE}id/dataset/work> ." in quads(
        edition
    )


def test_the_head_of_an_indicator_has_the_name_of_its_current_version(edition: Path):
    head = f"<{BASE}id/indicator/recycled>"
    label = f'{head} <http://www.w3.org/2004/02/skos/core#prefLabel> "Household waste recycled"@en'
    assert f"{label} <{BASE}catalog> ." in quads(edition)


HOSTILE = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), min_size=1, max_size=40
) | st.sampled_from(
    [
        '" .\n<a> <b> <c> .',
        "\\",
        '\\"',
        "\\u0041",
        "a\r\nb",
        "\u2028",
        "'''",
        '"""',
        "<script>",
        "]]>",
        "@en",
        "\ufeff",
    ]
)


@settings(max_examples=50, deadline=None)
@given(texts=st.lists(HOSTILE, min_size=20, max_size=60, unique=True))
def test_a_hostile_text_comes_back_as_the_same_text(texts: list[str]):
    """Read by two parsers that none of us wrote."""
    schema = MODEL.tables["areas"]
    rows = [
        {"area": f"E{at}", "label": text, "area_type": "unitary", "note": text}
        for at, text in enumerate(texts)
    ]
    form = pa.schema([(name, pa.string()) for name in schema.field_names])
    written = bytes(text_bytes(table_lines(MODEL, NAMES, schema, pa.Table.from_pylist(rows, schema=form))))
    label = pyoxigraph.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
    found = [
        quad.object.value
        for quad in pyoxigraph.parse(written, format=pyoxigraph.RdfFormat.N_TRIPLES)
        if quad.predicate == label
    ]
    assert found == texts
    graph = rdflib.Graph()
    graph.parse(data=written, format="nt")
    assert sorted(map(str, graph.objects(None, rdflib.SKOS.prefLabel))) == sorted(texts)
    assert english(texts[0]) in written.decode()


@settings(max_examples=4, deadline=None)
@given(given_notes=st.lists(HOSTILE, min_size=20, max_size=60, unique=True))
def test_a_hostile_note_of_a_figure_is_only_a_note(given_notes: list[str]):
    contents = make_contents(
        [observation(f"E{at}", "2023-04-01_P1Y", "1.50", note=note) for at, note in enumerate(given_notes)]
    )
    for is_lines in (False, True):
        spelling = Spelling(NAMES, is_lines=is_lines)
        text = spelling.heading.encode() + b"".join(StatementWriter(contents, spelling).write_all())
        form = pyoxigraph.RdfFormat.N_QUADS if is_lines else pyoxigraph.RdfFormat.TURTLE
        statements = list(pyoxigraph.parse(text, format=form))
        notes = [s.object.value for s in statements if s.predicate.value.endswith("#comment")]
        assert sorted(notes) == sorted(given_notes)
        assert len(statements) == 10 * len(given_notes)


def test_a_hostile_address_stays_a_text():
    schema = MODEL.tables["bodies"]
    addresses = [
        "https://a.example/x?y=z#w",
        "javascript:alert(1)",
        "http://[",
        "http://a b/",
        "http://a/>x",
        "http://a/%zz",
    ]
    rows = [
        {"body": f"b{at}", "label": "B", "body_type": "club", "website": website}
        for at, website in enumerate(addresses)
    ]
    form = pa.schema([(name, pa.string()) for name in schema.field_names])
    written = bytes(text_bytes(table_lines(MODEL, NAMES, schema, pa.Table.from_pylist(rows, schema=form))))
    pages = [
        quad.object
        for quad in pyoxigraph.parse(written, format=pyoxigraph.RdfFormat.N_TRIPLES)
        if quad.predicate.value.endswith("homepage")
    ]
    assert [type(page).__name__ for page in pages] == ["NamedNode"] + ["Literal"] * 5
    assert [page.value for page in pages] == addresses


def test_a_line_ends_once():
    assert line("a:s", "a:p", english("x\ny")) == '<a:s> <a:p> "x\\ny"@en .\n'


@pytest.mark.parametrize(
    ("published", "canonical"),
    [("12.50", "12.5"), ("100", "100"), ("100.00", "100"), ("0.0", "0"), ("-5.20", "-5.2"), ("1000", "1000")],
)
def test_a_decimal_is_canonical(published: str, canonical: str):
    contents = make_contents([observation("E06000002", "2023-04-01_P1Y", published), *OBSERVATIONS[5:]])
    text = b"".join(StatementWriter(contents, Spelling(NAMES, is_lines=True)).write_all())
    assert f'obsValue> "{canonical}"^^' in text.decode()


def test_what_other_programs_take_for_the_end_of_a_line_does_not_cut_a_statement(tmp_path: Path):
    name = "Statistics \u2028\u2029\x85\x1e\x0b Office"
    bodies = [{**row, "label": name} for row in TABLES["bodies"]]
    edition = write_world(make_contents(tables={**TABLES, "bodies": bodies}), tmp_path / "edition")
    text = gzip.decompress((edition / "downloads" / "site.nq.gz").read_bytes())
    said = {quad.object.value for quad in pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.N_QUADS)}
    assert name in said
