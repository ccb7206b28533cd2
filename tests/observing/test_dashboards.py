"""What Grafana shows and Prometheus watches: each query is one, of figures that a server has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import promql_parser
import pytest
import yaml

from gateway.metrics import instruments
from tests import processes
from tests.observing.scraping import SUFFIXES, scrape
from tests.processes import ROOT, Serving

DEPLOY = ROOT / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana/dashboards/kassa.json").read_text())
RULES = yaml.safe_load((DEPLOY / "prometheus/rules.yml").read_text())
PROVISIONED = {
    name: yaml.safe_load((DEPLOY / f"grafana/provisioning/{name}.yml").read_text())
    for name in ("datasources/prometheus", "dashboards/kassa")
}
GRAFANAS = {"$__rate_interval": "1m"}
TARGETS_OWN = {"instance", "job"}
SELDOM = frozenset({"kassa_invariant_breaks_total", "kassa_over_budget_total"})
"""What a shop in order has no series of; all else is there after some traffic."""


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def queries() -> Iterator[tuple[str, str]]:
    for panel in panels():
        for target in panel["targets"]:
            yield f"panel {panel['title']}", target["expr"]
    for group in RULES["groups"]:
        for rule in group["rules"]:
            yield f"alert {rule['alert']}", rule["expr"]


QUERIES = list(queries())
LABELS: Mapping[str, set[str]] = {
    sample: {*family._labelnames, *(["le"] if sample.endswith("_bucket") else ())}
    for family in vars(instruments).values()
    if hasattr(family, "_labelnames")
    for described in family.collect()
    for sample in (described.name + suffix for suffix in SUFFIXES[described.type])
}


@pytest.mark.parametrize(("place", "query"), QUERIES, ids=[place for place, _ in QUERIES])
def test_a_query_is_promql_of_metrics_and_labels_that_there_are(place: str, query: str):
    for word, value in GRAFANAS.items():
        query = query.replace(word, value)

    promql_parser.parse(query)

    names = set(re.findall(r"\bkassa_\w+", query))
    assert names <= LABELS.keys(), place
    known = {label for name in names for label in LABELS[name]} | TARGETS_OWN
    grouped = re.findall(r"\bby \(([^)]*)\)", query)
    assert {label.strip() for each in grouped for label in each.split(",")} <= known, place


def test_every_metric_of_a_query_is_scraped_of_a_server(kassa: Serving):
    named = {name for _, query in QUERIES for name in re.findall(r"\bkassa_\w+", query)}

    processes.until(lambda: named <= scrape(kassa).names | SELDOM)  # some are looked up


def test_every_metric_has_its_panel():
    shown = " ".join(query for _, query in QUERIES)

    assert [name for name in LABELS if re.sub(r"_(bucket|sum|count)$", "", name) not in shown] == []


def test_what_a_panel_or_an_alert_says_names_labels_of_its_query():
    for panel in panels():
        for target in panel["targets"]:
            for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
                assert re.search(rf"\bby \([^)]*\b{label}\b", target["expr"]), panel["title"]
    for group in RULES["groups"]:
        for rule in group["rules"]:
            said = " ".join(rule["annotations"].values())
            for label in re.findall(r"\$labels\.(\w+)", said):
                assert label in rule["expr"] or label in TARGETS_OWN, rule["alert"]


def test_every_alert_says_how_urgent_it_is_and_what_to_do():
    for group in RULES["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in {"page", "day"}, rule["alert"]
            assert rule["annotations"].keys() == {"summary", "do"}, rule["alert"]


def test_panels_have_ids_of_their_own_and_the_data_source_that_is_provisioned():
    everything = DASHBOARD["panels"]
    [source] = PROVISIONED["datasources/prometheus"]["datasources"]

    assert len({each["id"] for each in everything}) == len(everything)
    assert {panel["datasource"]["uid"] for panel in panels()} == {source["uid"]}


def test_compose_brings_each_file_to_where_it_is_looked_for():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    prometheus = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    mounts = [each for name in ("prometheus", "grafana") for each in services[name]["volumes"]]
    inside = {part[1]: ROOT / part[0] for part in (each.split(":") for each in mounts)}
    [provider] = PROVISIONED["dashboards/kassa"]["providers"]
    [source] = PROVISIONED["datasources/prometheus"]["datasources"]
    [job] = prometheus["scrape_configs"]
    port = services["gateway1"]["environment"]["KASSA_METRICS"].rpartition(":")[2]

    assert all(path.exists() for path in inside.values() if path != ROOT / "prometheus")
    assert [inside[each].exists() for each in prometheus["rule_files"]] == [True]
    assert (inside[provider["options"]["path"]] / "kassa.json").is_file()
    assert source["url"] == "http://prometheus:9090"
    assert job["static_configs"][0]["targets"] == [
        f"{name}:{port}" for name in services if name.startswith("gateway")
    ]
    assert services["prometheus"]["profiles"] == services["grafana"]["profiles"] == ["observe"]
