-- To be run on what was restored from a backup, by its owner and before the shop opens: everybody signs in anew.
--
-- What ended since the backup was made would be good again: sessions, API keys, links of mails. Sessions that were begun since are in
-- Redis still, in epochs that the backup does not know, and with roles that it may not know either. Counted on from the backup, an epoch
-- would be one of theirs sooner or later; the time in seconds is later than every epoch that ever was.
update accounts set epoch = greatest(epoch + 1, extract(epoch from now())::integer), epoch_began_at = now();
delete from api_keys;
delete from account_links;
delete from second_factor_challenges;
