//! Reading bodies within a limit.
//!
//! `worker`'s own `bytes()` goes through a `ReadableStream` chunk by chunk, which costs about
//! twice the CPU of one `arrayBuffer()`. So a body whose length is known beforehand is read at
//! once, and only one that does not say how long it is goes by the stream, counted as it comes.

use js_sys::{ArrayBuffer, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use worker::wasm_bindgen_futures::JsFuture;

use crate::runtime::ReadError;

/// What `Request` and `Response` of the Fetch API have in common.
pub(super) trait FetchBody {
    fn headers(&self) -> web_sys::Headers;
    fn array_buffer(&self) -> Result<Promise, JsValue>;
    fn stream(&self) -> Option<web_sys::ReadableStream>;
}

impl FetchBody for web_sys::Request {
    fn headers(&self) -> web_sys::Headers {
        self.headers()
    }

    fn array_buffer(&self) -> Result<Promise, JsValue> {
        self.array_buffer().map(JsCast::unchecked_into)
    }

    fn stream(&self) -> Option<web_sys::ReadableStream> {
        self.body()
    }
}

impl FetchBody for web_sys::Response {
    fn headers(&self) -> web_sys::Headers {
        self.headers()
    }

    fn array_buffer(&self) -> Result<Promise, JsValue> {
        self.array_buffer().map(JsCast::unchecked_into)
    }

    fn stream(&self) -> Option<web_sys::ReadableStream> {
        self.body()
    }
}

/// Reads the whole body, at most `limit` bytes of it.
pub(super) async fn read(message: &impl FetchBody, limit: usize) -> Result<Vec<u8>, ReadError> {
    let headers = message.headers();
    let header = |name| headers.get(name).ok().flatten();
    // A compressed body is longer than its Content-Length says.
    let length = header("content-length").filter(|_| header("content-encoding").is_none());
    match length.and_then(|text| text.parse::<usize>().ok()) {
        Some(length) if length > limit => Err(ReadError::TooLarge),
        Some(_) => read_buffer(message, limit).await,
        // Asking for the stream makes an object, so nobody asks who does not need it.
        None => match message.stream() {
            Some(stream) => read_stream(&stream, limit).await,
            None => Ok(Vec::new()),
        },
    }
}

async fn read_buffer(message: &impl FetchBody, limit: usize) -> Result<Vec<u8>, ReadError> {
    let promise = message.array_buffer().map_err(broken)?;
    let buffer: ArrayBuffer = JsFuture::from(promise)
        .await
        .map_err(broken)?
        .unchecked_into();
    let bytes = Uint8Array::new(&buffer);
    if usize::try_from(bytes.length()).map_or(true, |length| length > limit) {
        return Err(ReadError::TooLarge);
    }
    let copy = bytes.to_vec();
    // Gives its memory back now, and not when the garbage collector comes by: the bytes were in the
    // isolate twice. If it does not, nothing is lost but that.
    drop(buffer.transfer_with_length(0));
    Ok(copy)
}

async fn read_stream(stream: &web_sys::ReadableStream, limit: usize) -> Result<Vec<u8>, ReadError> {
    let reader: web_sys::ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    let mut bytes = Vec::new();
    loop {
        let promise: Promise = reader.read().unchecked_into();
        let result = JsFuture::from(promise).await.map_err(broken)?;
        let done = Reflect::get(&result, &JsValue::from_str("done")).map_err(broken)?;
        if done.is_truthy() {
            return Ok(bytes);
        }
        let value = Reflect::get(&result, &JsValue::from_str("value")).map_err(broken)?;
        let chunk: Uint8Array = value.dyn_into().map_err(broken)?;
        let room = limit.saturating_sub(bytes.len());
        if usize::try_from(chunk.length()).map_or(true, |length| length > room) {
            // Tells the sender to stop. Whether it heard is of no interest.
            drop(reader.cancel());
            return Err(ReadError::TooLarge);
        }
        bytes.extend_from_slice(&chunk.to_vec());
    }
}

fn broken(_: JsValue) -> ReadError {
    ReadError::Broken
}
