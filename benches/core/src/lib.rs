//! What is measured, the same for both ways to measure it: `time` takes the wall clock,
//! `instructions` counts what the processor executes.
//!
//! - `parts`: the functions that a request goes through
//! - `requests`: whole requests

use std::any::Any;
use std::cell::OnceCell;
use std::hint::black_box;
use std::rc::Rc;

mod oracle;
mod parts;
mod requests;
#[expect(dead_code, unreachable_pub, reason = "the tests use all of it")]
#[path = "../../../tests/handler/support.rs"]
mod support;

/// The tests hold every log line against its schema, which no request does.
mod log_schema {
    pub(crate) fn assert_fits(_line: &str) {}
}

/// Something to measure.
pub struct Case {
    /// Its name, here and in budgets.toml.
    pub name: &'static str,
    prepare: Box<dyn Fn() -> Run>,
}

/// What is measured: it may run once. It gives back what it made and what it was made of, so that
/// neither is dropped while the clock runs.
pub type Run = Box<dyn FnOnce() -> Box<dyn Any>>;

impl Case {
    fn new<I: 'static, O: 'static>(
        name: &'static str,
        input: impl Fn() -> I + 'static,
        run: fn(&I) -> O,
    ) -> Self {
        Self {
            name,
            prepare: Box::new(move || {
                let input = input();
                Box::new(move || {
                    let output = run(black_box(&input));
                    Box::new((input, output))
                })
            }),
        }
    }

    /// Makes what it takes; this is not measured.
    #[must_use]
    pub fn prepare(&self) -> Run {
        (self.prepare)()
    }
}

/// All of them.
#[must_use]
pub fn cases() -> Vec<Case> {
    parts::cases()
        .into_iter()
        .chain(requests::cases())
        .collect()
}

/// The one of that name, prepared.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn prepare(name: &str) -> Run {
    let case = cases().into_iter().find(|case| case.name == name);
    case.expect("the name is that of a case").prepare()
}

/// An input that is made when it is first asked for, and then shared.
fn once<T>(make: impl Fn() -> T) -> impl Fn() -> Rc<T> {
    let cell = OnceCell::new();
    move || Rc::clone(cell.get_or_init(|| Rc::new(make())))
}
