//! Who may come in. The cluster holds our database and those that were made for teams: their users come in with their
//! passwords, and not into ours. Written at each start, so that clusters of earlier versions have it too.

use std::{fs, fs::Permissions, os::unix::fs::PermissionsExt, path::Path};

use anyhow::{Context, Result};

use super::{account::Account, folder};

/// The first line that fits decides.
const RULES: &str = "\
# Written by Portolan at each start.
# Only our own account can enter the folder of the socket; there is no TCP port.
local all portolan trust
local portolan,postgres,template1 all reject
local all all scram-sha-256
";

/// Writes the rules of a cluster that does not run.
pub(super) fn write(cluster: &Path, account: Option<Account>) -> Result<()> {
    let place = cluster.join("pg_hba.conf");
    if fs::read_to_string(&place).is_ok_and(|there| there == RULES) {
        return Ok(());
    }
    let failed = || format!("cannot write {}", place.display());
    let draft = cluster.join("pg_hba.conf.new");
    fs::write(&draft, RULES).with_context(failed)?;
    fs::set_permissions(&draft, Permissions::from_mode(0o600)).with_context(failed)?;
    folder::give(&draft, account)?;
    fs::rename(&draft, &place).with_context(failed)
}
