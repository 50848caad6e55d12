-- Trigrams of a few hundred records are gathered and put into the index together: a third of what each by itself costs. A
-- search reads what is gathered from end to end, so it stays small (in kB).
alter index search_grams_grams set (fastupdate = on, gin_pending_list_limit = 256);
