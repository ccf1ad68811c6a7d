//! What GitHub runs takes nothing that can change under it, and leaves no lock file out.

use std::fs;
use std::process::Command;

use authkit_edge_e2e::root;

use crate::project::file;

#[test]
fn name_actions_by_commit_and_start_without_permissions() {
    let mut actions = 0;
    for entry in fs::read_dir(root().join(".github/workflows")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(text.contains("\npermissions: {}\n"), "{text}");
        let uses = text.lines().filter_map(|line| line.split_once("uses: "));
        for (_, action) in uses.filter(|(_, action)| !action.starts_with("./")) {
            let (_, pin) = action.split_once('@').unwrap();
            let (commit, version) = pin.split_once(" # v").unwrap();
            let hex = commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(commit.len() == 40 && hex && !version.is_empty(), "{action}");
            actions += 1;
        }
    }
    assert!(actions > 10, "{actions}");
}

#[test]
fn keep_every_lock_file_up_to_date() {
    let mut git = Command::new("git");
    let locks = ["*Cargo.lock", "*package-lock.json", "*requirements.txt"];
    let listed = git.arg("ls-files").args(locks).current_dir(root()).output();
    let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
    let dependabot = file(".github/dependabot.yml");
    for path in listed.lines() {
        let (folder, _) = path.rsplit_once('/').unwrap_or_default();
        assert!(dependabot.contains(&format!("\"/{folder}\"")), "{path}");
    }
    assert!(listed.lines().count() > 10, "{listed}");
}
