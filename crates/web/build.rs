//! Bundles `static/`: one style sheet (the imports of `portolan.css`, each in its layer), one script (each module in
//! a block of its own), the icons. Names carry a hash of the content, so that browsers may keep them for ever.

use std::{env, fmt::Write as _, fs, path::Path};

use sha2::{Digest, Sha256};

/// The modules of the script, in order. Each is self-contained: no imports, no globals.
const MODULES: [&str; 12] = [
    "ago",
    "theme",
    "palette",
    "people",
    "facets",
    "shortcuts",
    "live",
    "parts",
    "checking",
    "copying",
    "wins",
    "once",
];

fn main() {
    println!("cargo::rerun-if-changed=../../static");
    println!("cargo::rerun-if-changed=../../templates");
    let root = Path::new("../../static");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let out = Path::new(&out);

    let mut list = String::new();
    let mut files = String::new();
    let assets = [
        ("CSS", "portolan", "css", style(root)),
        ("JS", "portolan", "js", script(root)),
        ("ICONS", "icons", "svg", read(&root.join("img/icons.svg"))),
        ("FAVICON", "favicon", "svg", read(&root.join("img/favicon.svg"))),
    ];
    for (constant, stem, extension, content) in assets {
        let hash = hex::encode(&Sha256::digest(&content)[..6]);
        let name = format!("{stem}.{hash}.{extension}");
        fs::write(out.join(&name), &content).expect("OUT_DIR is writable");
        writeln!(
            list,
            "/// Address of the {stem} {extension}.\npub(crate) const {constant}: &str = \"/assets/{name}\";"
        )
        .expect("a string grows");
        writeln!(files, "    (\"{name}\", include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\"))),")
            .expect("a string grows");
    }
    let code = format!("{list}\nstatic FILES: &[(&str, &[u8])] = &[\n{files}];\n");
    fs::write(out.join("assets.rs"), code).expect("OUT_DIR is writable");
}

/// The style sheet with its imports in place: `@import url("x.css") layer(y);` becomes `@layer y { … }`.
fn style(root: &Path) -> String {
    let folder = root.join("css");
    let mut all = String::new();
    for line in read(&folder.join("portolan.css")).lines() {
        match line.strip_prefix("@import url(\"").and_then(|rest| rest.split_once("\") layer(")) {
            Some((file, rest)) => {
                let layer = rest.trim_end_matches(");");
                let body = without_comments(&read(&folder.join(file)));
                writeln!(all, "@layer {layer} {{\n{body}}}").expect("a string grows");
            }
            None => writeln!(all, "{line}").expect("a string grows"),
        }
    }
    all
}

fn script(root: &Path) -> String {
    let mut all = String::new();
    for module in MODULES {
        let body = read(&root.join("js").join(module).with_extension("js"));
        writeln!(all, "{{\n{body}}}").expect("a string grows");
    }
    all
}

/// Comments are for whoever reads the sources; nobody reads them in a browser at night.
fn without_comments(css: &str) -> String {
    let mut rest = css;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept.lines().filter(|l| !l.trim().is_empty()).fold(String::new(), |mut all, line| {
        all.push_str(line.trim_end());
        all.push('\n');
        all
    })
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
