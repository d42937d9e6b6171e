"""Recorded input that plays again: movies, their files, those of other programs.

A `Movie` is loaded, saved and replayed (`movie`), recorded while a Core runs (`recorder`), and
compared with what comes of it (`checks`, `verify`). Its files are our own (`file`), BizHawk's
(`bk2`) and FCEUX's (`fm2`); their readers return a `RecordedRun`. Input is kept as its `changes`.
"""
