//! The log by itself: streams without holes, and never more stock promised than there is; and that what was made from it was made from
//! this log.

use domain::stock::StockItem;
use domain::{AggregateType, Event};
use futures::StreamExt;
use read_model::View;

use super::Report;
use crate::log_identity::is_another;
use crate::services::Services;

pub async fn check(services: &Services, head: i64, report: &mut Report) -> anyhow::Result<()> {
    for stream in services.log.broken_streams().await? {
        report.differ(
            format!("log {stream}"),
            "sequences 1, 2, 3, … and every event once",
            "holes or repetitions",
        );
    }
    check_identity(services, report).await?;
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

async fn check_identity(services: &Services, report: &mut Report) -> anyhow::Result<()> {
    let incarnations = services.identity.ask().await?;
    let mut made_from = vec![];
    for view in View::ALL {
        let mut store = services.store.clone();
        if let Some(generation) = store.shown(view).await? {
            made_from.push((view.as_str(), store.incarnation(view, generation).await?));
        }
    }
    if services.tables.is_built().await? {
        made_from.push((crate::reporting::NAME, services.tables.incarnation().await?));
    }
    for (name, made_from) in made_from {
        if is_another(&incarnations, made_from) {
            let expected = format!("made from the log's incarnation {}", incarnations.current());
            let found = made_from.map_or("the first one".to_owned(), |id| id.to_string());
            report.differ(name, expected, found);
        }
    }
    Ok(())
}
