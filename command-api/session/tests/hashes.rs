//! With what the workspace hashes, signs and derives keys.

/// The beginnings of the names of crates that hash, of every family that is in use somewhere.
const FAMILIES: [&str; 11] = [
    "md",
    "sha",
    "ripemd",
    "blake",
    "whirlpool",
    "hmac",
    "argon",
    "bcrypt",
    "scrypt",
    "pbkdf",
    "hkdf",
];

/// TOTP has HMAC-SHA-1 within its own crate: RFC 6238 and every app say so.
#[test]
fn the_workspace_hashes_with_sha_2_and_argon2_alone() {
    let manifest = include_str!("../../../Cargo.toml");
    let names = manifest.lines().filter_map(|line| line.split(['.', ' ']).next());
    let hashes: Vec<&str> = names
        .filter(|name| FAMILIES.iter().any(|family| name.starts_with(family)))
        .collect();
    assert_eq!(hashes, ["argon2", "hmac", "sha2"]);
}
