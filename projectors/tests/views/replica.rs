//! One replica of the projectors in this process: all views, as `projectors run` keeps them.

use projectors::follow::Follower;
use projectors::reporting;
use read_model::View;
use telemetry::admin::Checks;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::Shop;

pub struct Replica {
    stop: CancellationToken,
    followers: Vec<JoinHandle<()>>,
}

impl Replica {
    pub fn start(shop: &Shop) -> Self {
        Self::with(shop, &Checks::default())
    }

    /// With the tables for SQL users.
    pub fn with_tables(shop: &Shop) -> Self {
        let checks = Checks::default();
        let mut replica = Self::with(shop, &checks);
        let readiness = checks.reported(reporting::NAME);
        let keeping = reporting::keeper::run(shop.services.clone(), readiness, replica.stop.clone());
        replica.followers.push(tokio::spawn(keeping));
        replica
    }

    fn with(shop: &Shop, checks: &Checks) -> Self {
        let token = CancellationToken::new();
        let follow = |view: View| {
            let follower = Follower::new(shop.services.clone(), view, checks.reported(view.as_str()));
            tokio::spawn(follower.run(token.clone()))
        };
        let followers = View::ALL.map(follow).into();
        Self {
            stop: token,
            followers,
        }
    }

    /// Leaves the groups, and fails the test if a follower did.
    pub async fn stop(self) {
        self.stop.cancel();
        for follower in self.followers {
            follower.await.unwrap();
        }
    }
}
