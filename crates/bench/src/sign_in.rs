//! A caller with real credentials, made as an operator makes them.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::{
    load::{self, Client},
    server,
    workload::Caller,
};

/// Creates an admin with a token and a session.
pub(crate) async fn caller(program: &Path, data: &str, port: u16) -> Result<Caller> {
    let person = ["--handle", "bench", "--name", "Bench", "--email", "bench@example.com", "--admin"];
    let person = [&["admin", "person", "create", "--data-dir", data][..], &person].concat();
    let printed = server::run(program, &person)?;
    let token = ["--person", "bench", "--name", "bench", "--scope", "admin"];
    let token = [&["admin", "token", "create", "--data-dir", data][..], &token].concat();
    let token = server::run(program, &token)?;
    Ok(Caller { token, cookie: session(port, &printed).await? })
}

/// Opens the one-time link as a browser does, sends its form and keeps the cookies.
async fn session(port: u16, printed: &str) -> Result<String> {
    let link = printed
        .split_whitespace()
        .find(|word| word.contains("/sign-in/"))
        .context("no sign-in link was printed")?;
    let path = &link[link.find("/sign-in/").unwrap_or_default()..];
    let mut client = Client::connect(port).await?;
    let answer = client.send(&load::get(path, &[("accept", "text/html")])).await?;
    let page = client.body(answer);
    let mut cookies = set_cookies(client.head(answer));
    let fields = hidden_fields(&page);
    let origin = format!("http://127.0.0.1:{port}");
    let cookie = cookies.join("; ");
    let headers = [
        ("cookie", cookie.as_str()),
        ("origin", &origin),
        ("sec-fetch-site", "same-origin"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let answer = client.send(&load::request("POST", path, &headers, &fields.join("&"))).await?;
    for cookie in set_cookies(client.head(answer)) {
        let name = cookie.split('=').next().unwrap_or_default().to_owned() + "=";
        cookies.retain(|old| !old.starts_with(&name));
        cookies.push(cookie);
    }
    if !(200..400).contains(&answer.status) || cookies.is_empty() {
        bail!("the sign-in link did not sign in: {}{}", client.head(answer), client.body(answer));
    }
    Ok(cookies.join("; "))
}

fn set_cookies(head: &str) -> Vec<String> {
    let lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let cookies = lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    cookies.filter_map(|(_, value)| Some(value.trim().split(';').next()?.to_owned())).collect()
}

/// `name=value` of each hidden field; the portal's own are safe to send as they are.
fn hidden_fields(page: &str) -> Vec<String> {
    let inputs = tags(page).filter(|tag| attribute(tag, "type") == Some("hidden"));
    inputs
        .filter_map(|tag| Some(format!("{}={}", attribute(tag, "name")?, attribute(tag, "value")?)))
        .collect()
}

fn tags(page: &str) -> impl Iterator<Item = &str> {
    page.split("<input").skip(1).filter_map(|rest| rest.split('>').next())
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[start..].split('"').next()
}

#[cfg(test)]
mod tests {
    use super::{hidden_fields, set_cookies};

    #[test]
    fn a_form_is_read_as_a_browser_would() {
        let page = r#"<form method="post"><input type="hidden" name="csrf" value="abc"><input id="p" type="text" name="name"></form>"#;
        assert_eq!(hidden_fields(page), ["csrf=abc"]);
    }

    #[test]
    fn cookies_are_kept_without_their_attributes() {
        let head = "HTTP/1.1 303 See Other\r\nSet-Cookie: portolan=abc; HttpOnly; Path=/\r\nset-cookie: flash=1\r\n\r\n";
        assert_eq!(set_cookies(head), ["portolan=abc", "flash=1"]);
    }
}
