//! The style sheet, the script and the icons. Built into the binary under names with a hash (see `build.rs`), so
//! browsers ask once; compressed once per process, not per request.

use std::sync::OnceLock;

use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::Shared;

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// `/assets/…`, open to everyone: they hold nothing but looks.
pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/assets/{name}", get(asset)).route("/favicon.ico", get(favicon))
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(at) = FILES.iter().position(|(n, _)| *n == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let common = [
        (header::CONTENT_TYPE, content_type(&name)),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "accept-encoding"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    if takes_brotli(&headers) {
        (common, [(header::CONTENT_ENCODING, "br")], compressed(at)).into_response()
    } else {
        (common, FILES[at].1).into_response()
    }
}

async fn favicon() -> Response {
    let bytes = FILES.iter().find(|(n, _)| FAVICON.ends_with(n)).map_or(&[][..], |(_, b)| b);
    ([(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "public, max-age=86400")], bytes)
        .into_response()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        _ => "image/svg+xml",
    }
}

fn takes_brotli(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    accepts.split(',').any(|one| one.split(';').next().is_some_and(|name| name.trim() == "br"))
}

/// The file at this place of the list, compressed at its first use.
fn compressed(at: usize) -> &'static [u8] {
    static DONE: [OnceLock<Vec<u8>>; FILES.len()] = [const { OnceLock::new() }; FILES.len()];
    DONE[at].get_or_init(|| {
        let mut packed = Vec::new();
        let settings = brotli::enc::BrotliEncoderParams { quality: 9, ..Default::default() };
        // writing into memory does not fail; were it to, the browser would see an empty file and not a broken one
        let _ = brotli::BrotliCompress(&mut &FILES[at].1[..], &mut packed, &settings);
        packed
    })
}
