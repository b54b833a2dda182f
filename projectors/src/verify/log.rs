//! The log by itself: streams without holes, and never more stock promised than there is.

use domain::stock::StockItem;
use domain::{AggregateType, Event};
use futures::StreamExt;

use super::Report;
use crate::services::Services;

pub async fn check(services: &Services, head: i64, report: &mut Report) -> anyhow::Result<()> {
    for stream in services.log.broken_streams().await? {
        report.differ(
            format!("log {stream}"),
            "sequences 1, 2, 3, … and every event once",
            "holes or repetitions",
        );
    }
    let mut events = services.log.streams_by_id(&[AggregateType::StockItem], head);
    let (mut sku, mut item) = (String::new(), StockItem::default());
    while let Some(recorded) = events.next().await.transpose()? {
        if recorded.aggregate_id != sku {
            sku.clone_from(&recorded.aggregate_id);
            item = StockItem::default();
        }
        if let Ok(Event::StockItem(event)) = recorded.event() {
            item.evolve(&event);
        }
        if item.reserved < 0 || item.available() < 0 {
            let name = format!("log stock-item/{sku} at {}", recorded.sequence);
            let found = format!("{} of {}", item.reserved, item.on_hand);
            report.differ(name, "between none and all of what is on hand reserved", found);
        }
    }
    Ok(())
}
