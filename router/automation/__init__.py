"""Automation: rules of plan "automation", carried out.

triggers    which event is which occasion (pure)
engine      the consumer: occasions, conditions, runs, and the protection against loops
actions     what each action of a rule does, in the unit of work of its run
silence     occasions by the clock: nobody said anything for so long
dry_run     what a draft would have done to what happened lately
"""
