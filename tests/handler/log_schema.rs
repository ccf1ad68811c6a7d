//! The JSON Schema of the log line.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

const NAME: &str = "log.schema.json";

thread_local! {
    static COMPILED: (Schemas, SchemaIndex) = compile();
}

/// The schema itself.
pub fn schema() -> Value {
    serde_json::from_str(include_str!("../../docs/log.schema.json")).expect("it is JSON")
}

/// Asserts that a log line is what its schema says.
#[track_caller]
pub fn assert_fits(line: &str) {
    let record: Value = serde_json::from_str(line).expect("a log line is JSON");
    COMPILED.with(|(schemas, index)| {
        if let Err(error) = schemas.validate(&record, *index) {
            panic!("{error:#} in {line}");
        }
    });
}

fn compile() -> (Schemas, SchemaIndex) {
    let mut compiler = Compiler::new();
    compiler
        .add_resource(NAME, schema())
        .expect("it can be read");
    let mut schemas = Schemas::new();
    let index = compiler
        .compile(NAME, &mut schemas)
        .expect("it is a JSON Schema");
    (schemas, index)
}
