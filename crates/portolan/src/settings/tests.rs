//! Settings as an operator meets them.

use std::{io::Write as _, path::Path, time::Duration};

use super::{LogFormat, Settings, file, source::Sources};

/// Settings from a file's text and an environment of pairs.
fn load(text: &str, environment: &'static [(&str, &str)]) -> anyhow::Result<Settings> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(text.as_bytes())?;
    Settings::read(sources(file.path(), environment)?)
}

fn sources(file: &Path, environment: &'static [(&str, &str)]) -> anyhow::Result<Sources> {
    Sources::new(Some(file), |key| environment.iter().find(|(k, _)| *k == key).map(|(_, v)| (*v).into()))
}

#[test]
fn a_flag_wins_over_the_environment_which_wins_over_the_file() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"PORTOLAN_LISTEN=0.0.0.0:1\nPORTOLAN_POOL_SIZE=3\nPORTOLAN_ORGANISATION=File\n").unwrap();
    let mut sources = sources(
        file.path(),
        &[("PORTOLAN_LISTEN", "0.0.0.0:2"), ("PORTOLAN_POOL_SIZE", "4"), ("PORTOLAN_DEMO", "")],
    )
    .unwrap();
    sources.flag("PORTOLAN_LISTEN", "--listen", Some("0.0.0.0:3".into()));
    let settings = Settings::read(sources).unwrap();
    assert_eq!(settings.listen.port(), 3);
    assert_eq!(settings.pool_size, 4);
    assert_eq!(settings.organisation, "File");
    assert!(!settings.demo, "an empty variable counts as none");
}

#[test]
fn every_problem_is_told_with_its_key_and_place() {
    let text = "PORTOLAN_REQUEST_TIMEOUT=soon\nPORTOLAN_LISTN=1\n";
    let error = load(text, &[("PORTOLAN_POOL_SIZE", "1"), ("DATABASE_URL", "mysql://root:hunter2@x/y")])
        .unwrap_err()
        .to_string();
    for part in [
        "DATABASE_URL in the environment must be a Postgres address",
        "PORTOLAN_POOL_SIZE in the environment must be a number from 2 to 200",
        "PORTOLAN_REQUEST_TIMEOUT in ",
        "must be a time like 30s, 15m, 8h or 14d, not \"soon\"",
        "PORTOLAN_LISTN in ",
        "is not a setting",
    ] {
        assert!(error.contains(part), "{part} is missing in:\n{error}");
    }
    assert!(!error.contains("hunter2"), "a password must not be repeated");
}

#[test]
fn times_and_keys_are_understood() {
    let hex = "0a".repeat(32);
    let text = format!(
        "PORTOLAN_REQUEST_TIMEOUT=2m\nPORTOLAN_LOG_FORMAT=json\nPORTOLAN_SECRET_KEY={hex}\nPORTOLAN_BASE_URL=https://p.example.org/\n"
    );
    let settings = load(&text, &[]).unwrap();
    assert_eq!(settings.request_timeout, Duration::from_mins(2));
    assert_eq!(settings.log_format, LogFormat::Json);
    assert_eq!(settings.secret_key, Some([10; 32]));
    assert_eq!(settings.base_url.as_deref(), Some("https://p.example.org"));
}

#[test]
fn letters_need_a_sender_and_a_password_is_not_repeated() {
    let error =
        load("PORTOLAN_SMTP_URL=smtps://portal:hunter2@mail.example.org\n", &[]).unwrap_err().to_string();
    assert!(error.contains("needs PORTOLAN_MAIL_FROM") && !error.contains("hunter2"), "{error}");
    let wrong =
        "PORTOLAN_SMTP_URL=smtp:hunter2@\nPORTOLAN_MAIL_FROM=portal\nPORTOLAN_FETCH_ALLOW=10.0.0.0/40\n";
    let error = load(wrong, &[]).unwrap_err().to_string();
    for part in [
        "must be a mail server's address",
        "must be an address to send from",
        "\"10.0.0.0/40\" is no host name",
    ] {
        assert!(error.contains(part), "{part} is missing in:\n{error}");
    }
    assert!(!error.contains("hunter2"), "{error}");
    let settings = load("PORTOLAN_FETCH_ALLOW=hooks.internal, 10.2.0.0/16\n", &[]).unwrap();
    assert_eq!(settings.fetch_allow.len(), 2);
}

#[test]
fn what_self_service_works_with_is_read_and_its_secrets_are_not_shown() {
    let text = "PORTOLAN_PROVISION_POSTGRES=main=postgres://a:hunter2@db.example.org/postgres, b=postgres://a@localhost/x?host=/run/pg\n\
        PORTOLAN_PROVISION_SECRETS=ci=whsec_aHVudGVyMmh1bnRlcjJodW50ZXIy\nPORTOLAN_PROVISION_FOLDERS=templates=/srv/templates modules=/srv/modules\n\
        PORTOLAN_PROVISION_GIT=git.example.org=hunter2,http://127.0.0.1:3000=\nPORTOLAN_PROVISION_TERRAFORM_ENV=AWS_PROFILE,TF_VAR_zone\n";
    let settings = load(text, &[]).unwrap();
    assert_eq!((settings.provision_postgres.len(), settings.provision_git.len()), (2, 2));
    assert_eq!(settings.provision_folders["modules"], Path::new("/srv/modules"));
    assert!(settings.provision_terraform_env.contains("AWS_PROFILE"));
    let shown = format!("{settings:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("aHVudGVy"), "{shown}");

    let wrong = "PORTOLAN_PROVISION_POSTGRES=a=postgres://a:hunter2@x/y,a=postgres://a:hunter2@x/y\n\
        PORTOLAN_PROVISION_SECRETS=ci=hunter2\nPORTOLAN_PROVISION_FOLDERS=x=relative\n\
        PORTOLAN_PROVISION_GIT=git.example.org/hunter2\nPORTOLAN_PROVISION_TERRAFORM_ENV=LD_PRELOAD\n";
    let error = load(wrong, &[]).unwrap_err().to_string();
    for part in [
        "gives two servers one name",
        "like ci=whsec_",
        "like templates=/srv",
        "git.example.org=TOKEN",
        "\"LD_PRELOAD\"",
    ] {
        assert!(error.contains(part), "{part} is missing in:\n{error}");
    }
    assert!(!error.contains("hunter2"), "{error}");
}

/// The example file documents every key: its commented values are the defaults, the others are examples that work.
#[test]
fn the_example_file_is_true() {
    let example = include_str!("../../../../.env.example");
    let settings =
        Settings::read(Sources::new(Some(Path::new("../../.env.example")), |_| None).unwrap()).unwrap();
    assert_eq!(settings, Settings::default(), "as it stands the example changes nothing");

    let assignments: String = example
        .lines()
        .filter_map(|l| l.strip_prefix('#').filter(|l| l.contains('=') && !l.starts_with(' ')))
        .fold(String::new(), |all, line| all + line + "\n");
    let uncommented = load(&assignments, &[]).unwrap();
    let defaults = Settings {
        base_url: uncommented.base_url.clone(),
        data_dir: uncommented.data_dir.clone(),
        database_url: uncommented.database_url.clone(),
        postgres_bin: uncommented.postgres_bin.clone(),
        secret_key: uncommented.secret_key,
        organisation: uncommented.organisation.clone(),
        smtp: uncommented.smtp.clone(),
        mail_from: uncommented.mail_from.clone(),
        fetch_allow: uncommented.fetch_allow.clone(),
        provision_postgres: uncommented.provision_postgres.clone(),
        provision_secrets: uncommented.provision_secrets.clone(),
        provision_folders: uncommented.provision_folders.clone(),
        provision_git: uncommented.provision_git.clone(),
        provision_terraform: uncommented.provision_terraform.clone(),
        provision_terraform_cache: uncommented.provision_terraform_cache.clone(),
        provision_terraform_env: uncommented.provision_terraform_env.clone(),
        ..Settings::default()
    };
    assert_eq!(uncommented, defaults, "a commented value is the default, where there is one");

    let named = file::parse(&assignments).unwrap();
    let documented = include_str!("mod.rs")
        .lines()
        .filter_map(|l| l.trim().strip_prefix("/// `")?.split_once("`:").map(|(key, _)| key));
    let missing: Vec<_> = documented.filter(|key| !named.contains_key(*key)).collect();
    assert!(missing.is_empty(), ".env.example does not name {missing:?}");
}
