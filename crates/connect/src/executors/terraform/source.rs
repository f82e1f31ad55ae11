//! Where a module comes from: a folder that the operator named, or a repository at a host that they let be asked.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::process::Command;
use url::Url;

use crate::executors::{Attempt, Failed, input::Input};

const MOST_FILES: usize = 5_000;
const MOST_BYTES: u64 = 100 << 20;
const FETCHING: Duration = Duration::from_mins(2);

/// Copies or fetches the module into a folder below `temp`; where it stands there.
pub(super) async fn fetch(attempt: &Attempt, module: Input<'_>, temp: &Path) -> Result<PathBuf, Failed> {
    let into = temp.join("module");
    if let Some(address) = module.text("git")? {
        let (reference, path) =
            (reference(module.needed("ref")?)?, inside(module.text("path")?.unwrap_or_default())?);
        attempt.log.say("fetching the module");
        clone(attempt, address, reference, &into, temp).await?;
        return standing(&into, &path);
    }
    let (root, path) = folder(attempt, module.needed("folder")?)?;
    let (from, to) = (root.clone(), into.clone());
    let copied = tokio::task::spawn_blocking(move || copy(&from, &to)).await;
    copied.map_err(|_| io::Error::other("it was not copied")).flatten().map_err(|error| {
        Failed::platform(
            format!("The module's folder cannot be copied: {error}."),
            "The portal's operator looks at the folder; it may have 5,000 files and 100 MB, and no links out of it.",
        )
    })?;
    standing(&into, &path)
}

/// The folder of a name that the operator gave, and the path below it.
fn folder(attempt: &Attempt, text: &str) -> Result<(PathBuf, PathBuf), Failed> {
    let (name, rest) = text.split_once('/').unwrap_or((text, ""));
    let root = attempt.equipment.folders.get(name).ok_or_else(|| {
        Failed::platform(
            format!("The portal has no folder {name:?} with modules."),
            "Its operator names it in PORTOLAN_PROVISION_FOLDERS, or the offering names another.",
        )
    })?;
    Ok((root.clone(), inside(rest)?))
}

/// A path that stays below where it begins.
fn inside(text: &str) -> Result<PathBuf, Failed> {
    let path = Path::new(text);
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    if plain && !text.chars().any(char::is_control) {
        Ok(path.to_owned())
    } else {
        Err(Failed::platform(
            "The module's path leads out of its folder.",
            "The offering's team corrects the path.",
        ))
    }
}

fn standing(root: &Path, path: &Path) -> Result<PathBuf, Failed> {
    let there = root.canonicalize().and_then(|root| Ok((root.join(path).canonicalize()?, root)));
    match there {
        Ok((module, root)) if module.starts_with(&root) && module.is_dir() => Ok(module),
        _ => Err(Failed::platform(
            "There is no module at that path.",
            "The offering's team corrects the path.",
        )),
    }
}

/// Copies a folder, without what Terraform and git keep for themselves. Links are only followed to files below it.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let root = from.canonicalize()?;
    let (mut files, mut bytes) = (0, 0);
    let mut folders = vec![(root.clone(), to.to_owned())];
    while let Some((from, to)) = folders.pop() {
        fs::create_dir_all(&to)?;
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            let name = entry.file_name();
            let text = name.to_string_lossy();
            if matches!(&*text, ".git" | ".terraform") || text.contains(".tfstate") {
                continue;
            }
            let place = entry.path().canonicalize()?;
            let kind = fs::metadata(&place)?;
            if !place.starts_with(&root) {
                return Err(io::Error::other(format!("{text} leads out of it")));
            }
            if kind.is_dir() && !entry.file_type()?.is_symlink() {
                folders.push((place, to.join(name)));
            } else if kind.is_file() {
                (files, bytes) = (files + 1, bytes + kind.len());
                if files > MOST_FILES || bytes > MOST_BYTES {
                    return Err(io::Error::other("it is too large"));
                }
                fs::copy(&place, to.join(name))?;
            }
        }
    }
    Ok(())
}

/// A branch, tag or commit: nothing that git could take for an option or a rule.
fn reference(text: &str) -> Result<&str, Failed> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/' | b'+');
    let fine = (1..=200).contains(&text.len())
        && text.bytes().all(plain)
        && !text.starts_with(['-', '.', '/'])
        && !text.ends_with(['/', '.'])
        && !text.contains("..")
        && !text.contains("//");
    if fine {
        Ok(text)
    } else {
        Err(Failed::input(
            "The ref is no name of a branch or tag, and no commit.",
            "Ask again with one, as in main or v1.4.0.",
        ))
    }
}

/// What git is told to fetch from, and with what it is let in.
fn remote(attempt: &Attempt, address: &str) -> Result<(String, Option<String>), Failed> {
    if !address.contains("://") {
        let (root, path) = folder(attempt, address)?;
        return Ok((standing(&root, &path)?.display().to_string(), None));
    }
    let url = Url::parse(address).ok().filter(|_| !address.chars().any(|c| c.is_control() || c == ' '));
    let host = url.as_ref().and_then(|url| attempt.equipment.git_host(url)).ok_or_else(|| {
        Failed::platform(
            "The module's repository is at a host that the portal does not ask.",
            "Its operator names it in PORTOLAN_PROVISION_GIT, or the offering names another.",
        )
    })?;
    let login = host
        .token()
        .map(|token| if token.contains(':') { token.to_owned() } else { format!("x-access-token:{token}") });
    let header = login.map(|login| {
        let encoded = STANDARD.encode(login);
        attempt.log.hide(&encoded);
        format!("Authorization: Basic {encoded}")
    });
    attempt.log.hide(host.token().unwrap_or_default());
    Ok((url.map(String::from).unwrap_or_default(), header))
}

async fn clone(
    attempt: &Attempt,
    address: &str,
    reference: &str,
    into: &Path,
    temp: &Path,
) -> Result<(), Failed> {
    let (remote, header) = remote(attempt, address)?;
    let into_text = into.display().to_string();
    for arguments in [
        &["init", "--quiet", "--", &into_text][..],
        &["-C", &into_text, "fetch", "--quiet", "--depth=1", "--no-tags", "--", &remote, reference],
        &["-C", &into_text, "checkout", "--quiet", "--detach", "FETCH_HEAD"],
    ] {
        git(attempt, arguments, header.as_deref(), temp).await?;
    }
    Ok(())
}

/// Runs git with nothing of the machine's settings. What opens a host is in its environment, not among its arguments.
async fn git(attempt: &Attempt, arguments: &[&str], header: Option<&str>, temp: &Path) -> Result<(), Failed> {
    let mut settings =
        vec![("http.followRedirects", "false"), ("safe.directory", "*"), ("core.symlinks", "false")];
    settings.extend(header.map(|header| ("http.extraHeader", header)));
    let mut command = Command::new("git");
    command
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()))
        .env("HOME", temp)
        .env("LC_ALL", "C")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ALLOW_PROTOCOL", "https:http:file")
        .env("GIT_CONFIG_COUNT", settings.len().to_string())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    for (at, (key, value)) in settings.into_iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{at}"), key).env(format!("GIT_CONFIG_VALUE_{at}"), value);
    }
    let ended = tokio::time::timeout(FETCHING, command.output()).await;
    let next = "It is tried again. If it stays so, the offering's team looks at the address and the ref.";
    match ended {
        Ok(Ok(output)) if output.status.success() => Ok(()),
        Ok(Ok(output)) => {
            let said = attempt.log.mask(&String::from_utf8_lossy(&output.stderr));
            let line = said
                .lines()
                .find(|line| line.contains("fatal:") || line.contains("error:"))
                .unwrap_or("git failed");
            Err(Failed::outside(format!("The module cannot be fetched: {}.", crate::cut(line, 300)), next))
        }
        Ok(Err(error)) => Err(Failed::platform(
            format!("The program git cannot be started: {error}."),
            "The portal's operator installs git.",
        )),
        Err(_) => Err(Failed::outside("The module could not be fetched in time.", next)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refs_and_paths_are_only_what_they_say() {
        for fine in ["main", "v1.4.0", "feature/x_y-z", "0a1b2c3d", "release+1"] {
            assert_eq!(reference(fine), Ok(fine));
        }
        for wrong in [
            "",
            "-x",
            "--upload-pack=touch /tmp/x",
            "a b",
            "a\nb",
            "a\rb",
            "a..b",
            "a:b",
            "+a:b",
            "a~1",
            "a^",
            "@{1}",
            "/a",
            "a/",
            "a//b",
            ".a",
            "ä",
        ] {
            assert!(reference(wrong).is_err(), "{wrong:?}");
        }
        assert!(inside("a/b").is_ok() && inside("").is_ok());
        for wrong in ["..", "a/../b", "/etc", "./a", "a\nb"] {
            assert!(inside(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_folder_is_copied_within_bounds_and_nothing_outside_of_it_is_read() {
        let place = tempfile::tempdir().unwrap();
        let (from, to) = (place.path().join("from"), place.path().join("to"));
        fs::create_dir_all(from.join("sub/.terraform")).unwrap();
        for file in ["main.tf", "sub/x.tf", "sub/.terraform/y", "terraform.tfstate"] {
            fs::write(from.join(file), "x").unwrap();
        }
        std::os::unix::fs::symlink("main.tf", from.join("link.tf")).unwrap();
        copy(&from, &to).unwrap();
        assert!(to.join("sub/x.tf").is_file() && to.join("link.tf").is_file());
        assert!(!to.join("sub/.terraform").exists() && !to.join("terraform.tfstate").exists());
        std::os::unix::fs::symlink("/etc/passwd", from.join("out.tf")).unwrap();
        assert!(copy(&from, &place.path().join("again")).unwrap_err().to_string().contains("leads out"));
    }
}
