//! `request-member/{request}:{customer}`: what one person has to do with a request that has many.
//!
//! Decided together with the request, whose own stream says what happened; this one says what follows for one person, so
//! that a decision on them needs nobody else.

use serde::{Deserialize, Serialize};

use super::members::Membership;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestMember {
    pub membership: Membership,
}

#[derive(Clone, Debug)]
pub enum RequestMemberCommand {
    Change { membership: Membership },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestMemberEvent {
    /// All of it, as it is from now on.
    MembershipChanged {
        #[serde(flatten)]
        membership: Membership,
    },
}

/// What the request decides is never refused here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestMemberError {}

impl RequestMember {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a command is used up by being decided, as with every other aggregate"
    )]
    pub fn decide(
        &self,
        command: RequestMemberCommand,
    ) -> Result<Vec<RequestMemberEvent>, RequestMemberError> {
        let RequestMemberCommand::Change { membership } = command;
        Ok(self.changed(membership))
    }

    /// What its stream says of a change that was decided elsewhere; nothing where nothing changes.
    pub fn changed(&self, membership: Membership) -> Vec<RequestMemberEvent> {
        if membership == self.membership {
            return vec![];
        }
        vec![RequestMemberEvent::MembershipChanged { membership }]
    }

    /// Never fails: what was stored can always be read.
    pub fn evolve(&mut self, event: &RequestMemberEvent) {
        let RequestMemberEvent::MembershipChanged { membership } = event;
        self.membership = *membership;
    }
}

crate::event::fits_cqrs_es!(
    RequestMember,
    RequestMemberCommand,
    RequestMemberEvent { MembershipChanged },
    RequestMemberError
);
