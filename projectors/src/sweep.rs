//! Removes generations that nobody reads any more, in Redis and in Kafka.
//!
//! Called by [`crate::follow`] some time after the pointer moved, so that requests which still hold the old one finish.

use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use read_model::View;

use crate::services::Services;

/// Does nothing while the view is not built or being rebuilt: what looks forgotten may be the next generation.
pub async fn sweep(services: &Services, view: View) -> anyhow::Result<()> {
    let mut store = services.store.clone();
    let Some(shown) = store.shown(view).await? else {
        return Ok(());
    };
    if store.is_claimed(view).await? {
        return Ok(());
    }
    let removed = store.remove_generations_but(view, shown).await?;
    if removed.is_empty() {
        return Ok(());
    }
    tracing::info!(%view, shown, ?removed, "old generations are removed");
    let groups: Vec<String> = removed
        .iter()
        .map(|generation| services.group(view, *generation))
        .collect();
    let names: Vec<&str> = groups.iter().map(String::as_str).collect();
    let admin: AdminClient<DefaultClientContext> = services.kafka.client().create()?;
    // A group that never committed does not exist; one that still has members goes with the next sweep.
    for (name, error) in admin
        .delete_groups(&names, &AdminOptions::new())
        .await?
        .into_iter()
        .filter_map(Result::err)
    {
        tracing::debug!(group = name, %error, "the consumer group was not removed");
    }
    Ok(())
}
