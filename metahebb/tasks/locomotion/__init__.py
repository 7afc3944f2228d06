"""The task of locomotion, with Gymnasium's MuJoCo bodies, intact or damaged."""
