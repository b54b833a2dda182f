//! What somebody is to the shop, and so what is theirs to do.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Everybody shops; the others are granted. What each opens: `docs/roles.md`, which the access matrices of both APIs read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Shopper,
    /// Catalogue, orders, refunds, stock, codes, triage.
    Staff,
    /// Reads what the shop sells, and nobody's address: orders, stock, codes.
    Analyst,
    /// Webhooks, and what staff did.
    Ops,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Shopper, Self::Staff, Self::Analyst, Self::Ops];

    /// Their names, in the same order.
    pub const NAMES: &[&str] = &[
        Self::Shopper.name(),
        Self::Staff.name(),
        Self::Analyst.name(),
        Self::Ops.name(),
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Shopper => "shopper",
            Self::Staff => "staff",
            Self::Analyst => "analyst",
            Self::Ops => "ops",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == text)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Some of the roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Role>", into = "Vec<Role>")]
pub struct Roles(u8);

impl Roles {
    pub const SHOPPER: Self = Self(1 << Role::Shopper as u8);

    pub const fn has(self, role: Role) -> bool {
        self.0 & (1 << role as u8) != 0
    }

    #[must_use]
    pub const fn with(self, role: Role) -> Self {
        Self(self.0 | (1 << role as u8))
    }

    #[must_use]
    pub const fn without(self, role: Role) -> Self {
        Self(self.0 & !(1 << role as u8))
    }

    /// Whether anything but shopping is allowed.
    pub const fn is_privileged(self) -> bool {
        self.without(Role::Shopper).0 != 0
    }

    /// Of an account's roles those that count, and those that count once it has shown a second factor.
    #[must_use]
    pub const fn counting(self, second_factor: bool) -> (Self, Self) {
        if second_factor {
            (self, Self(0))
        } else {
            let shopper = Self(self.0 & Self::SHOPPER.0);
            (shopper, self.without(Role::Shopper))
        }
    }

    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<T: IntoIterator<Item = Role>>(roles: T) -> Self {
        roles.into_iter().fold(Self::default(), Self::with)
    }
}

impl From<Vec<Role>> for Roles {
    fn from(roles: Vec<Role>) -> Self {
        roles.into_iter().collect()
    }
}

impl From<Roles> for Vec<Role> {
    fn from(roles: Roles) -> Self {
        roles.iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_what_they_were_made_of() {
        let roles = Roles::SHOPPER.with(Role::Ops);
        assert_eq!(roles.iter().collect::<Vec<_>>(), [Role::Shopper, Role::Ops]);
        assert!(roles.is_privileged() && !roles.without(Role::Ops).is_privileged());
        assert_eq!(roles.counting(true), (roles, Roles::default()));
        assert_eq!(
            roles.counting(false),
            (Roles::SHOPPER, Roles::default().with(Role::Ops))
        );
        let json = serde_json::to_string(&roles).unwrap_or_default();
        assert_eq!(json, r#"["shopper","ops"]"#);
        assert_eq!(serde_json::from_str::<Roles>(&json).ok(), Some(roles));
    }
}
