"""From a partner's lane to a verdict, in this order.

lanes, lane, lane_depths, share  the queues that partners publish to, and how much of them is taken
intake      from raw bytes to a stored row, or to `quarantine`
inbox       stored first, acknowledged, then applied: each thing once, in order
handling    one verified message: the correspondent's verdict, or what stands in its way
parked      what could not be handled waits for a person
"""
