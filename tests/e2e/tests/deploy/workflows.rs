//! GitHub's workflows take nothing that can change under them.

use std::fs;

use authkit_edge_e2e::root;

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
