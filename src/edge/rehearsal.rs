//! The rehearsal of an isolate: [`handler::rehearsal`](crate::handler::rehearsal), played by the code that
//! answers requests.

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::RequestInit;
use worker::Env;
use worker::wasm_bindgen_futures::spawn_local;

use crate::config::deployment::Deployment;
use crate::edge::{Edge, EdgeRequest, judge, object, to_js};
use crate::handler::rehearsal::{HEADERS, SETTINGS, URL};

/// Plays the rehearsal. `worker/entry.js` asks for it in the global scope, while the isolate starts: all that
/// is forbidden there (calls, timers, chance) is left out, so nothing is waited for.
/// <https://developers.cloudflare.com/workers/runtime-apis/context/#global-scope>
#[wasm_bindgen]
pub fn rehearse() {
    spawn_local(async {
        // What was not rehearsed is compiled when it is needed.
        let _ = play().await;
    });
}

async fn play() -> Result<(), JsValue> {
    let env: Env = object(&SETTINGS)?.unchecked_into();
    let stage = Edge::on_stage(&env);
    let init: RequestInit = object(&[("method", "POST")])?.unchecked_into();
    let headers = object(&HEADERS)?;
    init.set_headers(&headers);
    let request = web_sys::Request::new_with_str_and_init(URL, &init)?;
    let request = EdgeRequest::new(request, &stage);
    let deployment = Deployment::default();
    let (_, outcome) = judge(&deployment, &request, &stage).await;
    // The line of the log, too, which nobody sees.
    let _ = outcome.record.to_json();
    // The last step of this one is forbidden here.
    to_js(&outcome.response)?;
    Ok(())
}
