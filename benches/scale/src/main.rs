//! Writes the figures into docs/scale.md.

use std::{fs, io};

use authkit_edge_simulation::document;

fn main() -> io::Result<()> {
    let text = fs::read_to_string(document::PATH)?;
    let figures = document::figures();
    print!("{figures}");
    fs::write(document::PATH, document::with_figures(&text, &figures))
}
