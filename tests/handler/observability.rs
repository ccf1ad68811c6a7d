//! What `docs/observability.md` and the examples beside it say is what the Worker does.

use std::collections::{BTreeMap, BTreeSet};

use authkit_edge::caller::SourceName;
use authkit_edge::handler::record::{Record, Route};
use authkit_edge::identity::IdentityType;
use serde_json::{Value, json};

use crate::log_schema::{assert_fits, schema};

const DOCUMENT: &str = include_str!("../../docs/observability.md");

/// A record with every field, no two of the same value.
fn full() -> Record {
    Record {
        request_id: "request-1".to_owned(),
        trace_id: Some("4bf92f3577b34da6a3ce929d0e0e4736".to_owned()),
        route: Route::Token,
        status: 502,
        code: "upstream_failed",
        reason: Some("upstream answered 500".to_owned()),
        cors: "allowed",
        duration_ms: 1,
        identity_ms: 2,
        upstream_ms: 3,
        upstream_attempts: 4,
        upstream_pages: 5,
        upstream_correlation_id: Some("6f1c0b9e-3f0a".to_owned()),
        connections: Some(6),
        upstream_key: Some("next"),
        identity_source: Some("jwt"),
        identity_type: Some("user"),
        identity: Some("0123456789abcdef".to_owned()),
        limiter: Some("failed"),
        isolate: Some("new"),
        keys: Some("note"),
        note: Some("hit"),
        warning: Some("ENVIRONMENT: is `development`".to_owned()),
    }
}

/// One without those that may be missing.
fn bare() -> Record {
    Record {
        trace_id: None,
        reason: None,
        identity_source: None,
        identity_type: None,
        identity: None,
        limiter: None,
        isolate: None,
        keys: None,
        note: None,
        warning: None,
        upstream_key: None,
        upstream_correlation_id: None,
        connections: None,
        ..full()
    }
}

fn members(record: &Record) -> BTreeMap<String, Value> {
    serde_json::from_str(&record.to_json()).unwrap()
}

fn texts(list: &Value) -> BTreeSet<String> {
    serde_json::from_value(list.clone()).unwrap()
}

/// The rows of a table of the document, cell by cell.
fn table(head: &str) -> Vec<Vec<&'static str>> {
    let rows = DOCUMENT.lines().skip_while(|line| *line != head).skip(2);
    rows.map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .map(|row| row.split(" | ").map(str::trim).collect())
        .collect()
}

#[test]
fn the_schema_has_the_fields_of_the_record_and_no_others() {
    let schema = schema();
    let properties: Vec<String> = schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(properties, members(&full()).into_keys().collect::<Vec<_>>());
    assert_eq!(
        texts(&schema["required"]),
        members(&bare()).into_keys().collect()
    );
    assert_fits(&full().to_json());
    assert_fits(&bare().to_json());
}

#[test]
fn the_schema_has_the_values_that_there_are() {
    let properties = &schema()["properties"];
    let reference = include_str!("../../docs/reference.md").lines();
    let rows = reference.skip_while(|line| *line != "## Errors");
    let errors = rows.filter_map(|line| {
        let (status, rest) = line.strip_prefix("| ")?.split_once(" | `")?;
        status.parse::<u16>().ok()?;
        Some(rest.split_once('`')?.0)
    });
    assert_eq!(
        texts(&properties["code"]["enum"]),
        errors.chain(["ok", "failing"]).map(str::to_owned).collect()
    );
    for (field, values) in [
        (
            "identity_source",
            SourceName::ALL.map(SourceName::as_str).to_vec(),
        ),
        (
            "identity_type",
            IdentityType::ALL.map(IdentityType::as_str).to_vec(),
        ),
    ] {
        let values = values.into_iter().map(str::to_owned).collect();
        assert_eq!(texts(&properties[field]["enum"]), values, "{field}");
    }
}

#[test]
fn the_document_shows_the_schema() {
    let schema = schema();
    let required = texts(&schema["required"]);
    let head = "| Field | | Values | Meaning |";
    let shown = table(head);
    let names: Vec<&str> = shown.iter().map(|row| row[0].trim_matches('`')).collect();
    let wanted: Vec<String> = names
        .iter()
        .map(|name| {
            let property = &schema["properties"][name];
            let values = match (&property["enum"], &property["pattern"]) {
                (Value::Array(values), _) => {
                    let values: Vec<String> = values
                        .iter()
                        .map(|value| format!("`{}`", value.as_str().unwrap()))
                        .collect();
                    values.join(", ")
                }
                (_, Value::String(pattern)) => format!("`{pattern}`"),
                _ => property["type"].as_str().unwrap_or_default().to_owned(),
            };
            let when = if required.contains(*name) {
                "always"
            } else {
                ""
            };
            let meaning = property["description"].as_str().unwrap_or_default();
            format!("| `{name}` | {when} | {values} | {meaning} |")
        })
        .collect();
    let shown: Vec<String> = shown
        .iter()
        .map(|row| format!("| {} |", row.join(" | ")))
        .collect();
    assert_eq!(shown, wanted, "the table should be:\n{}", wanted.join("\n"));
    let names: BTreeSet<String> = names.into_iter().map(str::to_owned).collect();
    assert_eq!(names, members(&full()).into_keys().collect());
}

/// From the columns of a data point to the fields that the document says they have.
fn columns() -> BTreeMap<&'static str, &'static str> {
    let rows = table("| Column | Field of the log line |");
    rows.iter()
        .map(|row| (row[0].trim_matches('`'), row[1].trim_matches('`')))
        .collect()
}

#[test]
fn a_data_point_has_its_values_where_the_document_says() {
    for record in [full(), bare()] {
        let point: Value = serde_json::from_str(&record.data_point()).unwrap();
        let mut found = BTreeMap::new();
        for (list, column) in [
            ("indexes", "index"),
            ("blobs", "blob"),
            ("doubles", "double"),
        ] {
            for (value, number) in point[list].as_array().unwrap().iter().zip(1..) {
                found.insert(format!("{column}{number}"), value.clone());
            }
        }
        let members = members(&record);
        let wanted = columns().into_iter().map(|(column, field)| {
            let value = members.get(field).cloned().unwrap_or_else(|| json!(""));
            (column.to_owned(), value)
        });
        assert_eq!(found, wanted.collect::<BTreeMap<_, _>>());
        // The limits of the Analytics Engine.
        assert!(point["blobs"].as_array().unwrap().len() <= 20);
        assert!(point["doubles"].as_array().unwrap().len() <= 20);
        assert_eq!(point["indexes"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn the_dashboard_asks_for_columns_by_the_names_of_their_fields() {
    let columns = columns();
    let known: BTreeSet<String> = schema()["properties"]
        .as_object()
        .unwrap()
        .values()
        .filter(|property| property["enum"].is_array())
        .flat_map(|property| texts(&property["enum"]))
        .chain([String::new()])
        .collect();
    let dashboard = include_str!("../../docs/examples/grafana-dashboard.json");
    let dashboard: Value = serde_json::from_str(dashboard).unwrap();
    let mut named = 0;
    for panel in dashboard["panels"].as_array().unwrap() {
        let query = panel["targets"][0]["query"].as_str().unwrap();
        let column_of = |text: &str| {
            let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            let mut found = words.filter(|word| {
                let name = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
                name != *word && ["index", "blob", "double"].contains(&name)
            });
            found.next_back().map(str::to_owned)
        };
        let mut rest = query;
        while let Some((value, after)) = rest.split_once(" AS ") {
            rest = after;
            let value = value.rsplit_once(" AS ").map_or(value, |(_, value)| value);
            let expression = value.rsplit_once("), ").map_or(value, |(_, last)| last);
            if let Some(column) = column_of(expression) {
                let field = columns.get(&*column);
                let field = field.unwrap_or_else(|| panic!("no {column}: {query}"));
                assert!(after.starts_with(field), "{column} is {field}: {query}");
                named += 1;
            }
        }
        assert!(column_of(rest).is_none_or(|column| columns.contains_key(&*column)));
        for literal in query.split('\'').skip(1).step_by(2) {
            assert!(known.contains(literal), "nothing is {literal:?}: {query}");
        }
    }
    assert_eq!(named, 9);
}

#[test]
fn the_examples_of_logpush_name_what_there_is() {
    let job: Value =
        serde_json::from_str(include_str!("../../docs/examples/logpush-job.json")).unwrap();
    assert!(texts(&job["output_options"]["field_names"]).contains("Logs"));
    let filter: Value = serde_json::from_str(job["filter"].as_str().unwrap()).unwrap();
    let worker = filter["where"]["value"].as_str().unwrap();
    let name = format!("name = \"{worker}\"");
    let mut lines = include_str!("../../wrangler.toml").lines();
    assert!(lines.any(|line| line == name));

    let jq = DOCUMENT.lines().find(|line| line.starts_with("jq "));
    let words = jq.unwrap().split([' ', ',', '(', ')', '[', ']', '|', '\'']);
    let fields: BTreeSet<&str> = words
        .filter_map(|word| word.strip_prefix('.'))
        .filter(|name| name.starts_with(|letter: char| letter.is_ascii_lowercase()))
        .collect();
    assert_eq!(fields, ["code", "reason", "request_id"].into());
    let known = members(&full());
    assert!(fields.iter().all(|name| known.contains_key(*name)));
}
