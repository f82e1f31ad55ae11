//! Offerings among what was found: each goes to the portal by itself, and becomes a version of its own.

use anyhow::Result;
use portolan_domain::{
    catalog::descriptor::yaml_meaning,
    provisioning::{API_VERSION, BACKSTAGE_API_VERSION},
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    super::remote::{Remote, problems},
    File,
    send::Item,
};

/// What came of writing one.
#[derive(Debug, Deserialize)]
struct Written {
    name: String,
    version: i32,
    changed: bool,
}

/// Descriptors, and offerings, each of these with its file's place. A file of one document goes as it is written; of several
/// those that are offerings are taken out.
pub(super) fn apart(files: Vec<File>) -> (Vec<File>, Vec<File>) {
    let (mut descriptors, mut offerings) = (Vec::new(), Vec::new());
    for file in files {
        let likely = file.text.contains("Offering") || file.text.contains("Template");
        let documents = if likely {
            serde_saphyr::from_multiple_with_options::<Value>(&file.text, yaml_meaning()).unwrap_or_default()
        } else {
            Vec::new()
        };
        match documents.iter().filter(|document| is_offering(document)).count() {
            0 => descriptors.push(file),
            1 if documents.len() == 1 => offerings.push(file),
            _ => {
                let text = |document: &Value| format!("---\n{document}\n");
                let (ours, others): (Vec<_>, Vec<_>) = documents.iter().partition(|one| is_offering(one));
                let of = |text: String| File { location: file.location.clone(), text };
                offerings.extend(ours.into_iter().map(|one| of(one.to_string())));
                if !others.is_empty() {
                    descriptors.push(of(others.into_iter().map(text).collect()));
                }
            }
        }
    }
    (descriptors, offerings)
}

fn is_offering(document: &Value) -> bool {
    let said = (document["apiVersion"].as_str(), document["kind"].as_str());
    said == (Some(API_VERSION), Some("Offering")) || said == (Some(BACKSTAGE_API_VERSION), Some("Template"))
}

/// Writes one, or with `dry_run` says what would come of it.
pub(super) async fn write(remote: &Remote, file: &File, dry_run: bool) -> Result<Item> {
    let parameters: &[_] = if dry_run { &[("dry_run", "true")] } else { &[] };
    let address = remote.address("offerings", parameters)?;
    let call = remote.post(address).header("content-type", "application/yaml").body(file.text.clone());
    let (status, text) = remote.answer(call).await?;
    let mut item = Item {
        reference: None,
        outcome: "rejected".into(),
        problems: Vec::new(),
        remarks: Vec::new(),
        location: Some(file.location.clone()),
        line: None,
    };
    match serde_json::from_str::<Written>(&text) {
        Ok(written) if status.is_success() => {
            item.reference = Some(format!("offering:{} version {}", written.name, written.version));
            item.outcome = match (written.changed, written.version) {
                (false, _) => "unchanged",
                (true, 1) => "created",
                (true, _) => "updated",
            }
            .into();
        }
        _ => item.problems = problems(status, &text),
    }
    Ok(item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offerings_are_told_from_descriptors() {
        let file = |text: &str| File { location: "a.yaml".into(), text: text.into() };
        let offering = "# ours\napiVersion: portolan.dev/v1\nkind: Offering\n";
        let component = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: { name: Template }\n";
        let template = "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\n";
        let mixed = format!("{offering}---\n{component}---\n{template}");
        let (descriptors, offerings) =
            apart(vec![file(offering), file(component), file(&mixed), file("a: [Offering")]);
        assert_eq!(offerings[0].text, offering, "its remarks stay");
        assert_eq!((descriptors.len(), offerings.len()), (3, 3));
        assert!(descriptors[1].text.contains("Component") && !descriptors[1].text.contains("portolan.dev"));
        assert!(offerings[2].text.contains("v1beta3"));
    }
}
